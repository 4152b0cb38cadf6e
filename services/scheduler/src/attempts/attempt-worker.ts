import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { TASK_QUEUES, type AttemptActivities } from '@heddle/contracts/workflows';
import { HealthRegistry } from '@heddle/platform/health';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { TemporalWorkerHost } from '@heddle/platform/temporal';
import { WORKFLOW_BUNDLE_URL } from '@heddle/workflows';
import type { SchedulerConfig } from '../config.js';
import { CONFIG } from '../shared/tokens.js';
import { AttemptActivitiesService } from './attempt-activities.service.js';

const MAX_CACHED_WORKFLOWS = 300;

/** Runs the attempt workflows and their local activities. */
@Injectable()
export class AttemptWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly host: TemporalWorkerHost;
  private started: Promise<unknown> | undefined;

  constructor(
    private readonly activities: AttemptActivitiesService,
    @Inject(CONFIG) config: SchedulerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    health: HealthRegistry,
  ) {
    this.host = new TemporalWorkerHost({
      address: config.HEDDLE_TEMPORAL_ADDRESS,
      namespace: config.HEDDLE_TEMPORAL_NAMESPACE,
      logger,
    });
    health.add('temporal-worker', () => {
      this.host.check();
    });
  }

  /** Does not wait: requests are taken while Temporal is away. */
  onApplicationBootstrap(): void {
    const activities: AttemptActivities = {
      beginAttempt: (id) => this.activities.beginAttempt(id),
      raiseFence: (id) => this.activities.raiseFence(id),
      readIntent: (id) => this.activities.readIntent(id),
      recordKept: (kept) => this.activities.recordKept(kept),
      recordPause: (step) => this.activities.recordPause(step),
      recordStep: (step) => this.activities.recordStep(step),
    };
    this.started = this.host
      .startWorker({
        taskQueue: TASK_QUEUES.scheduler,
        workflowBundle: { codePath: fileURLToPath(WORKFLOW_BUNDLE_URL) },
        activities: { ...activities },
        maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
      })
      .catch((error: unknown) => {
        this.logger.error({ err: error }, 'the worker could not start');
      });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.host.stop();
    await this.started;
  }
}
