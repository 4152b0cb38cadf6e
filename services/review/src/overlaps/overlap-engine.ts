import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { DataSource } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { ChangeBell } from '@heddle/platform/waiting';
import { RECONCILE_PERIOD_MS } from '../shared/reconciled.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import type { Head } from './change-analysis.js';
import { PairComparison } from './pair-comparison.js';
import { batchesWithPendingPairs, pendingPairs } from './pending-pairs.js';
import { storePairs } from './store-pairs.js';
import { OverlapTests } from './together/overlap-tests.js';

/** Pairs of one round: enough to make the start of a process cheap, few enough to show progress. */
const PAIRS_PER_ROUND = 2_000;
/** Longer than any transaction that makes a change takes to commit. */
const LOOK_BACK_MS = 600_000;

/** Compares every two changes of a batch, in rounds of one git process, as soon as there are new ones. */
@Injectable()
export class OverlapEngine implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly waiting = new Set<string>();
  private readonly working: RepeatingTask;
  private readonly looking: RepeatingTask;
  private looked = new Date(0);

  constructor(
    private readonly dataSource: DataSource,
    private readonly comparison: PairComparison,
    private readonly tests: OverlapTests,
    private readonly bell: ChangeBell,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.working = new RepeatingTask('overlaps', RECONCILE_PERIOD_MS, () => this.work(), logger);
    this.looking = new RepeatingTask('overlaps-left', RECONCILE_PERIOD_MS, () => this.lookForLeft(), logger);
  }

  onApplicationBootstrap(): void {
    this.working.start();
    this.looking.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.working.stop(), this.looking.stop()]);
  }

  /** Says that a batch has a new change, or one that moved. */
  poke(batchId: string): void {
    this.waiting.add(batchId);
    this.working.poke();
  }

  /** What a crash left: nobody else would ask for it. */
  private async lookForLeft(): Promise<void> {
    const now = Date.now();
    for (const batchId of await batchesWithPendingPairs(this.dataSource.manager, this.looked)) this.poke(batchId);
    this.looked = new Date(now - LOOK_BACK_MS);
  }

  private async work(): Promise<void> {
    for (const batchId of [...this.waiting]) {
      // Before the work: a change that comes meanwhile puts it back.
      this.waiting.delete(batchId);
      try {
        while ((await this.round(batchId)) === PAIRS_PER_ROUND);
      } catch (error) {
        // The others do not wait for one that cannot be compared now.
        this.waiting.add(batchId);
        this.logger.warn({ err: error, batchId }, 'the changes of a batch could not be compared; it is tried again');
      }
    }
  }

  private async round(batchId: string): Promise<number> {
    const pairs = await pendingPairs(this.dataSource.manager, batchId, PAIRS_PER_ROUND);
    if (pairs.length === 0) return 0;
    const findings = await this.comparison.compare(pairs.map(({ a, b }) => [headOf(a), headOf(b)]));
    await storePairs(this.dataSource, pairs, findings);
    this.bell.ring(batchId);
    this.tests.poke();
    return pairs.length;
  }
}

function headOf({ repositoryId, baseCommit, headCommit, treeId }: ChangeEntity): Head {
  return { repositoryId, baseCommit, commit: headCommit, treeId };
}
