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
import { LandingDispatcher } from './landing-dispatcher.js';

/** A queue with open landings that no workflow guides gets a new one: the rows are the truth. */
@Injectable()
export class LandingReconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: LandingDispatcher,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new RepeatingTask('landing-reconciler', RECONCILE_PERIOD_MS, () => this.reconcile(), logger);
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  private async reconcile(): Promise<void> {
    await this.lookAtStopped();
    const queues: { repository_id: string; branch: string }[] = await this.dataSource.query(
      `SELECT DISTINCT l.repository_id, l.branch FROM landings l JOIN landing_queues q ON q.id = l.queue_id
       WHERE q.state = 'ACTIVE' AND l.state IN ('QUEUED', 'TESTING', 'PUSHING')
         AND l.dispatched_at < now() - ${WRONG_FOR} AND l.state_since < now() - ${WRONG_FOR}`,
    );
    for (const { repository_id: repositoryId, branch } of queues) {
      if (await isGuided(this.temporal, WORKFLOW_IDS.landing(repositoryId, branch))) continue;
      this.logger.warn({ repositoryId, branch }, 'no workflow guides the landing queue; a new one is started');
      reconciled.inc({ kind: 'landing_queue_without_workflow' });
      await this.dataSource.query(
        `UPDATE landings SET dispatched_at = NULL WHERE repository_id = $1 AND branch = $2 AND state IN ('QUEUED', 'TESTING', 'PUSHING')`,
        [repositoryId, branch],
      );
      this.dispatcher.poke();
    }
  }
  /** A branch that was red may have been put right by somebody else: nobody tells, so it is looked at. */
  private async lookAtStopped(): Promise<void> {
    const [, count]: [unknown, number] = await this.dataSource.query(
      `UPDATE landings l SET dispatched_at = NULL FROM landing_queues q
       WHERE q.id = l.queue_id AND q.state = 'STOPPED' AND l.state = 'QUEUED' AND l.dispatched_at IS NOT NULL`,
    );
    if (count > 0) this.dispatcher.poke();
  }
}
