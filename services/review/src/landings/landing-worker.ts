import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  TASK_QUEUES,
  type LandingActivities,
  type LandingTest,
  type TrialActivities,
} from '@heddle/contracts/workflows';
import { HealthRegistry } from '@heddle/platform/health';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { heartbeating, TemporalWorkerHost } from '@heddle/platform/temporal';
import { WORKFLOW_BUNDLE_URL } from '@heddle/workflows';
import type { ReviewConfig } from '../config.js';
import { CONFIG } from '../shared/tokens.js';
import { InteractionProbes } from './interaction-probes.js';
import { LandingPlanner } from './landing-planner.js';
import { LandingPusher } from './landing-pusher.js';
import { LandingRows } from './landing-rows.js';
import { TrialRows } from '../trials/trial-rows.js';

const MAX_CACHED_WORKFLOWS = 100;
const MAX_START_MS = 5_000;
const HEARTBEAT_MS = 3_000;

/** Runs the workflows of landing queues and trials, and their activities. */
@Injectable()
export class LandingWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly host: TemporalWorkerHost;
  private started: Promise<unknown> | undefined;

  constructor(
    private readonly planner: LandingPlanner,
    private readonly pusher: LandingPusher,
    private readonly rows: LandingRows,
    private readonly trials: TrialRows,
    private readonly probes: InteractionProbes,
    @Inject(CONFIG) config: ReviewConfig,
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
    const activities: LandingActivities & TrialActivities = {
      planLanding: (input) => heartbeating(HEARTBEAT_MS, () => this.planner.plan(input)),
      planProbes: (input) => heartbeating(HEARTBEAT_MS, () => this.probes.plan(input)),
      land: (request) => heartbeating(HEARTBEAT_MS, () => this.pusher.land(request)),
      raiseLandingFence: (id, test) => this.rows.raiseFence(id, landingTest(test)),
      stillWanted: (ids) => this.rows.stillWanted(ids),
      ejectLanding: (input) => this.rows.eject(input),
      requeueLandings: (ids) => this.rows.requeue(ids),
      stopQueue: (input) => this.rows.stopQueue(input),
      beginTrial: (id) => this.trials.beginTrial(id),
      raiseTrialFence: (id) => this.trials.raiseTrialFence(id),
      isTrialWanted: (id) => this.trials.isTrialWanted(id),
      endTrial: (input) => this.trials.endTrial(input),
    };
    this.started = this.host
      .startWorker({
        taskQueue: TASK_QUEUES.review,
        workflowBundle: { codePath: fileURLToPath(WORKFLOW_BUNDLE_URL) },
        activities: { ...activities },
        maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
      })
      .catch((error: unknown) => {
        this.logger.error({ err: error }, 'the worker could not start');
      });
  }

  async beforeApplicationShutdown(): Promise<void> {
    // A worker that is just being made would outlive its host; where Temporal is away there is none to wait for.
    await Promise.race([this.started, delay(MAX_START_MS, undefined, { ref: false })]);
    await this.host.stop();
    await this.started;
  }
}

/** What was asked in flight before there were several tests goes on. */
function landingTest(test: Parameters<LandingActivities['raiseLandingFence']>[1]): LandingTest {
  if (typeof test === 'object') return test;
  return { ...(test === undefined ? {} : { probe: test }), number: 0 };
}
