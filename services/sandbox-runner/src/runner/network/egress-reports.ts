import { setTimeout as delay } from 'node:timers/promises';
import { HeddleError } from '@heddle/domain';
import { isOverload } from '@heddle/egress';
import type { Logger } from '@heddle/platform/logging';
import { whileUnavailable } from '../activities/while-unavailable.js';
import type { RecordedRequest } from '../../protocol/recorded-request.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { SandboxSecrets } from '../secrets/sandbox-secrets.js';
import type { Mask } from '../secrets/secret-mask.js';
import type { ModelRefusal, SandboxSpecs } from '../service-clients/sandbox-specs.js';
import { EgressReader } from './egress-reader.js';
import { isToModel } from './model-access.js';
import { countModelRequests } from './model-metrics.js';
import { hasNetwork } from './network-of.js';
import { toEgressRequest } from './to-egress-request.js';

const LOOK_EVERY_MS = 1_000;

/** Whoever would show them does not know the owner any more, knows a newer claim, or has ended it. */
const UNWANTED: readonly string[] = [
  'FENCE_SUPERSEDED',
  'OWNER_NOT_FOUND',
  'ATTEMPT_NOT_FOUND',
  'ATTEMPT_ENDED',
  'JOB_NOT_FOUND',
  'CREDENTIAL_NOT_FOUND',
];

interface Report {
  readonly reader: EgressReader;
  readonly stop: AbortController;
  /** One batch after the other: their order is their sequence. */
  last: Promise<void>;
}

/**
 * Brings the requests of this host's sandboxes to the scheduler, each at least once: which of them it has, it knows by
 * their sequence, so a restarted runner begins at the first.
 */
export class EgressReports {
  private readonly reports = new Map<string, Report>();

  constructor(
    private readonly specs: Pick<SandboxSpecs, 'recordEgress' | 'reportModelRefusal'>,
    private readonly secrets: Pick<SandboxSecrets, 'mask' | 'model'>,
    private readonly logger: Logger,
  ) {}

  /** From now on what the sandbox asks for is reported. */
  follow(sandbox: Sandbox): void {
    const isConnected = (['SETUP', 'AGENT'] as const).some((phase) => hasNetwork(sandbox.spec, phase));
    if (!isConnected || this.reports.has(sandbox.name)) return;
    const report: Report = {
      reader: new EgressReader(sandbox.directory),
      stop: new AbortController(),
      last: Promise.resolve(),
    };
    this.reports.set(sandbox.name, report);
    void this.run(sandbox, report);
  }

  /** Everything that is on record by now is reported when this ends; waits for the scheduler as long as it takes. */
  async end(sandbox: Sandbox): Promise<void> {
    const report = this.reports.get(sandbox.name);
    if (report === undefined) return;
    await this.send(sandbox, report);
    report.stop.abort();
    this.reports.delete(sandbox.name);
  }

  stopAll(): void {
    for (const { stop } of this.reports.values()) stop.abort();
    this.reports.clear();
  }

  private async run(sandbox: Sandbox, report: Report): Promise<void> {
    const { signal } = report.stop;
    for (;;) {
      try {
        await this.send(sandbox, report);
        await delay(LOOK_EVERY_MS, undefined, { signal, ref: false });
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn({ err: error, sandbox: sandbox.name }, 'requests of a sandbox could not be reported yet');
        await delay(LOOK_EVERY_MS, undefined, { ref: false });
      }
    }
  }

  private send(sandbox: Sandbox, report: Report): Promise<void> {
    const work = (): Promise<void> => this.sendAll(sandbox, report);
    report.last = report.last.then(work, work);
    return report.last;
  }

  /** Of a batch the one that asks for the longest. */
  private async reportRefusals(
    sandbox: Sandbox,
    recorded: readonly RecordedRequest[],
    signal: AbortSignal,
  ): Promise<void> {
    const refused = recorded.filter(({ phase, status }) => phase === 'AGENT' && isOverload(status));
    if (refused.length === 0) return;
    const model = await this.secrets.model(sandbox, signal);
    if (model === undefined) return;
    const refusals = refused
      .filter((request) => isToModel(model, request))
      // Where the server named no time, this host's own pause is all that is known.
      .map(({ time, durationMs, status = 0, retryAfterMs, pausedMs }) => ({
        credentialId: model.credentialId,
        status,
        retryAfterMs: retryAfterMs ?? pausedMs,
        refusedAt: time + durationMs,
      }))
      .sort((a, b) => endOf(b) - endOf(a));
    const [longest] = refusals;
    if (longest !== undefined)
      await whileUnavailable(signal, () => this.specs.reportModelRefusal(sandbox.owner, longest));
  }

  private async maskOf(sandbox: Sandbox, reader: EgressReader, signal: AbortSignal): Promise<Mask> {
    try {
      return await whileUnavailable(signal, () => this.secrets.mask(sandbox));
    } catch (error) {
      reader.rewind();
      throw error;
    }
  }

  private async sendAll(sandbox: Sandbox, { reader, stop }: Report): Promise<void> {
    for (;;) {
      const recorded = await reader.next();
      if (recorded.length === 0) return;
      const mask = await this.maskOf(sandbox, reader, stop.signal);
      const requests = recorded.map((request) => toEgressRequest(request, mask));
      try {
        await whileUnavailable(stop.signal, () => this.specs.recordEgress(sandbox.owner, requests));
        countModelRequests(recorded);
        await this.reportRefusals(sandbox, recorded, stop.signal);
      } catch (error) {
        if (!isUnwanted(error)) {
          reader.rewind();
          throw error;
        }
      }
    }
  }
}

function endOf({ refusedAt, retryAfterMs = 0 }: ModelRefusal): number {
  return refusedAt + retryAfterMs;
}

function isUnwanted(error: unknown): boolean {
  return HeddleError.is(error) && UNWANTED.includes(error.reason);
}
