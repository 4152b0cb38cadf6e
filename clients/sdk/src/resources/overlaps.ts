import type { ListOverlapsFilter, OverlapPair } from '../models.js';
import { delay } from '../http/delay.js';
import type { CallOptions } from '../http/transport.js';
import type { WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

export interface OverlapReport {
  readonly pairs: readonly OverlapPair[];
  /** Pairs that are not computed yet: while it is over 0, the list may still grow. */
  readonly pendingPairs: number;
}

interface OverlapAnswer extends OverlapReport {
  readonly nextPageToken: string;
}

const PAUSE_MS = 200;

export class Overlaps extends Resource {
  /** By batch, change or attempt, the strongest first. */
  listAll(filter: ListOverlapsFilter, options?: ListOptions): AsyncGenerator<OverlapPair, void, undefined> {
    return this.list('/v1/overlaps', 'pairs', filter, options);
  }

  /** All pairs at once, with the number of those that are still being computed. */
  async report(filter: ListOverlapsFilter, options?: CallOptions): Promise<OverlapReport> {
    const pairs: OverlapPair[] = [];
    let pageToken: string | undefined;
    for (;;) {
      const page: OverlapAnswer = await this.get('/v1/overlaps', { ...filter, pageSize: 200, pageToken }, options);
      pairs.push(...page.pairs);
      if (page.nextPageToken === '') return { pairs, pendingPairs: page.pendingPairs };
      pageToken = page.nextPageToken;
    }
  }

  /** The report when nothing is pending any more, or after the timeout as it is. */
  async wait(filter: ListOverlapsFilter, options: WaitOptions = {}): Promise<OverlapReport> {
    const until = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
    for (;;) {
      const report = await this.report(filter, { signal: options.signal });
      if (report.pendingPairs === 0 || performance.now() >= until) return report;
      await delay(PAUSE_MS, options.signal);
    }
  }
}
