import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { WORKFLOW_IDS } from '@heddle/contracts/workflows';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import type { TemporalClient } from '@heddle/platform/temporal';
import { DataSource } from 'typeorm';
import { isGuided } from '../shared/is-guided.js';
import { RECONCILE_PERIOD_MS, reconciled, WRONG_FOR } from '../shared/reconciled.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import { TEMPORAL } from '../shared/tokens.js';
import { TrialDispatcher } from './trial-dispatcher.js';
import { TrialRefs } from './trial-refs.js';

/** A trial that has not ended and that no workflow guides gets a new one, and one that has ended keeps no ref: the rows are the truth. */
@Injectable()
export class TrialReconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: TrialDispatcher,
    private readonly refs: TrialRefs,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new RepeatingTask('trial-reconciler', RECONCILE_PERIOD_MS, () => this.reconcile(), logger);
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  private async reconcile(): Promise<void> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM trials WHERE end_time IS NULL AND dispatched_at < now() - ${WRONG_FOR} AND state_since < now() - ${WRONG_FOR}`,
    );
    for (const { id } of rows) {
      if (await isGuided(this.temporal, WORKFLOW_IDS.trial(id))) continue;
      this.logger.warn({ trialId: id }, 'no workflow guides the trial; a new one is started');
      reconciled.inc({ kind: 'trial_without_workflow' });
      await this.dataSource.query('UPDATE trials SET dispatched_at = NULL WHERE id = $1 AND end_time IS NULL', [id]);
      this.dispatcher.poke();
    }
    await this.refs.reconcile();
  }
}
