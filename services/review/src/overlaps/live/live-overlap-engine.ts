import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { DataSource } from 'typeorm';
import { RECONCILE_PERIOD_MS } from '../../shared/reconciled.js';
import { RepeatingTask } from '../../shared/repeating-task.js';
import { PairComparison } from '../pair-comparison.js';
import { batchesAtWork, dropLiveHead, dropSilentHeads } from './live-heads.js';
import { pendingLivePairs } from './live-pairs.js';
import { endSettledPairs, storeLivePairs } from './store-live-pairs.js';

const PAIRS_PER_ROUND = 500;
/** Attempts of a batch start together, and so do their checkpoints: they are compared once all of them are there. */
const GATHER_MS = 500;

/** Compares attempts while they run, by their newest checkpoints; of those that came meanwhile only the last counts. */
@Injectable()
export class LiveOverlapEngine implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly waiting = new Set<string>();
  private readonly working: RepeatingTask;
  private readonly looking: RepeatingTask;
  private gathering: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly comparison: PairComparison,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.working = new RepeatingTask('live-overlaps', RECONCILE_PERIOD_MS, () => this.work(), logger);
    this.looking = new RepeatingTask('live-overlaps-left', RECONCILE_PERIOD_MS, () => this.lookForLeft(), logger);
  }

  onApplicationBootstrap(): void {
    this.working.start();
    this.looking.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.gathering);
    await Promise.all([this.working.stop(), this.looking.stop()]);
  }

  /** Says that an attempt of the batch has a new checkpoint, or an end. */
  poke(batchId: string): void {
    this.waiting.add(batchId);
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      this.working.poke();
    }, GATHER_MS);
  }

  /** The attempt has ended: what it did not hand over as a change is nobody's concern any more. */
  async forget(attemptId: string): Promise<void> {
    const batchId = await dropLiveHead(this.dataSource.manager, attemptId);
    if (batchId !== undefined) this.poke(batchId);
  }

  /** What a crash left, and attempts whose end was never heard of. */
  private async lookForLeft(): Promise<void> {
    await dropSilentHeads(this.dataSource.manager);
    for (const batchId of await batchesAtWork(this.dataSource.manager)) this.poke(batchId);
  }

  private async work(): Promise<void> {
    for (const batchId of [...this.waiting]) {
      this.waiting.delete(batchId);
      try {
        while ((await this.round(batchId)) === PAIRS_PER_ROUND);
        await endSettledPairs(this.dataSource, batchId);
      } catch (error) {
        this.waiting.add(batchId);
        this.logger.warn({ err: error, batchId }, 'running attempts could not be compared; it is tried again');
      }
    }
  }

  private async round(batchId: string): Promise<number> {
    const pairs = await pendingLivePairs(this.dataSource.manager, batchId, PAIRS_PER_ROUND);
    if (pairs.length === 0) return 0;
    await storeLivePairs(this.dataSource, pairs, await this.comparison.compare(pairs.map(({ a, b }) => [a, b])));
    return pairs.length;
  }
}
