import { isOverload } from '@heddle/egress';
import { Counter, Histogram } from 'prom-client';
import type { RecordedRequest } from '../../protocol/recorded-request.js';

const refusals = new Counter({
  name: 'heddle_model_refusals_total',
  help: 'Requests that a model refused for being asked too often',
  labelNames: ['status'],
});

const waits = new Histogram({
  name: 'heddle_model_wait_seconds',
  help: 'How long requests waited for their turn at a model, those that had none included',
  buckets: [0.01, 0.1, 1, 5, 15, 30, 60, 120, 180, 300],
});

/** Requests that the scheduler has been told of; a runner that starts again tells of some twice. */
export function countModelRequests(requests: readonly RecordedRequest[]): void {
  for (const { waitedMs, status, pausedMs } of requests) {
    if (waitedMs !== undefined) waits.observe(waitedMs / 1_000);
    if (pausedMs !== undefined && isOverload(status)) refusals.inc({ status });
  }
}
