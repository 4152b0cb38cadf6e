import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { TASK_QUEUES, type AttemptActivities, type JobActivities } from '@heddle/contracts/workflows';
import { HealthRegistry } from '@heddle/platform/health';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { TemporalWorkerHost } from '@heddle/platform/temporal';
import { WORKFLOW_BUNDLE_URL } from '@heddle/workflows';
import { AttemptActivitiesService } from '../attempts/attempt-activities.service.js';
import type { SchedulerConfig } from '../config.js';
import { JobActivitiesService } from '../jobs/job-activities.service.js';
import { CONFIG } from '../shared/tokens.js';

const MAX_CACHED_WORKFLOWS = 300;

/** Runs the workflows of attempts and jobs, and their local activities. */
@Injectable()
export class SchedulerWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly host: TemporalWorkerHost;
  private started: Promise<unknown> | undefined;

  constructor(
    private readonly attempts: AttemptActivitiesService,
    private readonly jobs: JobActivitiesService,
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
    const activities: AttemptActivities & JobActivities = {
      beginAttempt: (id) => this.attempts.beginAttempt(id),
      raiseFence: (id) => this.attempts.raiseFence(id),
      readIntent: (id) => this.attempts.readIntent(id),
      recordKept: (kept) => this.attempts.recordKept(kept),
      recordPause: (step) => this.attempts.recordPause(step),
      recordStep: (step) => this.attempts.recordStep(step),
      beginJob: (id) => this.jobs.beginJob(id),
      raiseJobFence: (id) => this.jobs.raiseJobFence(id),
      readJobIntent: (id) => this.jobs.readJobIntent(id),
      recordJobStep: (step) => this.jobs.recordJobStep(step),
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
