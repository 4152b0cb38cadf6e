import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { SandboxSpec } from '@heddle/contracts/internal';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, In } from 'typeorm';
import { ChangeEntity } from '../../changes/change.entity.js';
import { RECONCILE_PERIOD_MS } from '../../shared/reconciled.js';
import { RepeatingTask } from '../../shared/repeating-task.js';
import { TrialEnds } from '../../trials/trial-ends.js';
import { outcomeOf } from '../../trials/trial-outcome.js';
import type { TrialEntity } from '../../trials/trial.entity.js';
import { TrialService } from '../../trials/trial.service.js';
import type { OverlapPairEntity } from '../overlap-pair.entity.js';
import { judgeTogether } from './judge-together.js';
import { testEvidence } from './test-level.js';
import { TogetherRequests } from './together-requests.js';
import { askForPairs, noteRuns, runningPairs, settlePair, unwantedTrials } from './together-rows.js';

/** Has the checks of both run over pairs that deserve it, where the repository's policy says so; each step begins with the row. */
@Injectable()
export class OverlapTests implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly requests: TogetherRequests,
    private readonly trials: TrialService,
    private readonly ends: TrialEnds,
    private readonly bell: ChangeBell,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new RepeatingTask('overlap-tests', RECONCILE_PERIOD_MS, () => this.work(), logger);
  }

  onApplicationBootstrap(): void {
    this.ends.listen(() => {
      this.poke();
    });
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  /** Says that pairs were compared, or that an attempt has ended. */
  poke(): void {
    this.task.poke();
  }

  private async work(): Promise<void> {
    // A pair of which nothing can be told leaves its place to the next.
    do await this.advanceAll();
    while ((await askForPairs(this.dataSource.manager)) > 0);
    await this.trials.cancel(await unwantedTrials(this.dataSource.manager));
  }

  private async advanceAll(): Promise<void> {
    for (const row of await runningPairs(this.dataSource.manager)) {
      try {
        await this.advance(row);
      } catch (error) {
        // The others do not wait for one that can't go on now.
        this.logger.warn({ err: error, overlapId: row.id }, 'two changes could not be run together; it is tried again');
      }
    }
  }

  private async advance(row: OverlapPairEntity): Promise<void> {
    if (row.trialIds.length === 0) {
      await this.begin(row);
      return;
    }
    const trials = new Map((await this.trials.byIds(row.trialIds.flat())).map((trial) => [trial.id, trial]));
    const runs = row.trialIds.map((ids) => ids.flatMap((id) => trials.get(id) ?? []));
    const verdict = judgeTogether(runs.map((run) => run.map(outcomeOf)));
    switch (verdict.kind) {
      case 'WAIT':
        return;
      case 'AGAIN':
        await noteRuns(this.dataSource, row, [...row.trialIds, await this.runAgain(runs.at(-1) ?? [])]);
        return;
      case 'FAILED':
        await this.settle(row, 'FAILED', verdict.checks);
        return;
      case 'PASSED':
      case 'NOT_RUN':
        await this.settle(row, verdict.kind);
    }
  }

  private async begin(row: OverlapPairEntity): Promise<void> {
    const ids = [row.changeA ?? '', row.changeB ?? ''];
    const changes = await this.dataSource.manager.findBy(ChangeEntity, { id: In(ids) });
    const [a, b] = ids.map((id) => changes.find((change) => change.id === id));
    if (a === undefined || b === undefined) throw new Error('a pair is of two changes');
    // It is about to be compared anew.
    if (a.headCommit !== row.headA || b.headCommit !== row.headB) return;
    const requests = await this.requests.of(a, b);
    if (requests.length === 0) {
      await this.settle(row, 'NOT_RUN');
      return;
    }
    const trials = await this.trials.request(requests);
    await noteRuns(this.dataSource, row, [trials.map(({ id }) => id)]);
  }

  private async runAgain(trials: readonly TrialEntity[]): Promise<string[]> {
    const again = await this.trials.request(
      trials.map((trial) => {
        const spec = SandboxSpec.decode(trial.spec);
        const { kind, repositoryId, baseCommit, commit, priority } = trial;
        return {
          ...{ kind, repositoryId, baseCommit, commit, priority, spec },
          ...(trial.batchId === null ? {} : { batchId: trial.batchId }),
          key: `${trial.key}/again`,
          checks: spec.checks,
        };
      }),
    );
    return again.map(({ id }) => id);
  }

  private async settle(
    row: OverlapPairEntity,
    together: 'PASSED' | 'FAILED' | 'NOT_RUN',
    checks: readonly string[] = [],
  ): Promise<void> {
    const tests = checks.map((name) => testEvidence(name, 'failed twice on both together'));
    if (await settlePair(this.dataSource, row, together, tests)) this.bell.ring(row.batchId);
  }
}
