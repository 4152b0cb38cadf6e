import { join } from 'node:path';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { TASK_QUEUES } from '@heddle/contracts/workflows';
import { HealthRegistry } from '@heddle/platform/health';
import type { Logger } from '@heddle/platform/logging';
import { connectNats, ensureStreams } from '@heddle/platform/messaging';
import { LOGGER } from '@heddle/platform/service';
import { TemporalWorkerHost, type HostedWorker } from '@heddle/platform/temporal';
import { readRefusal } from '../protocol/self-test-record.js';
import { ActiveOwners } from './activities/active-owners.js';
import { poolActivities, runnerActivities } from './activities/runner.activities.js';
import { Adoption } from './adoption/adoption.js';
import { isDiskFilling } from './adoption/kept-sandboxes.js';
import { RunnerIdentity } from './identity/runner-identity.js';
import { openPhaseContext, type OpenPhaseContext } from './open-phase-context.js';
import type { PhaseContext } from './phases/phase-context.js';
import { DrainOrder } from './report/drain-order.js';
import { RunnerReporter, type RunnerView } from './report/runner-reporter.js';
import { usageSamples } from './report/usage-samples.js';
import { placeSteers } from './turns/place-steers.js';
import { RUNNER_CONFIG, terminalSettings, type RunnerConfig } from './runner.config.js';
import { claimSlotSupplier } from './slots/claim-slot-supplier.js';
import { ClaimWorker } from './slots/claim-worker.js';
import { TerminalHost } from './terminals/terminal-host.js';
import { createTerminalRelay } from './terminals/terminal-relay.js';

/** More than sandboxes: a phase waits in the queue only because its runner is away, never because it is busy. */
const PHASE_SLOTS = 1_000;
const ASK_LIMIT_MS = 1_000;

/** The runner's life: adopt, poll phases, poll claims; at its end let go of everything and stop nothing. */
@Injectable()
export class RunnerService implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private identity: RunnerIdentity | undefined;
  private nats: NatsConnection | undefined;
  private opened: OpenPhaseContext | undefined;
  private adoption: Adoption | undefined;
  private reporter: RunnerReporter | undefined;
  private terminals: TerminalHost | undefined;
  private claims: ClaimWorker | undefined;
  private draining = false;
  private readonly workers: TemporalWorkerHost;

  constructor(
    @Inject(RUNNER_CONFIG) private readonly config: RunnerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly health: HealthRegistry,
  ) {
    this.workers = new TemporalWorkerHost({
      address: config.HEDDLE_TEMPORAL_ADDRESS,
      namespace: config.HEDDLE_TEMPORAL_NAMESPACE,
      logger,
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const { config, logger } = this;
    const identity = await RunnerIdentity.take(join(config.HEDDLE_DATA_DIR, 'runner'));
    this.identity = identity;
    this.nats = await connectNats({
      url: config.HEDDLE_NATS_URL,
      ...(config.HEDDLE_NATS_TOKEN === undefined ? {} : { token: config.HEDDLE_NATS_TOKEN }),
      name: 'sandbox-runner',
      logger,
    });
    await ensureStreams(this.nats);
    // Before the supervisor has to answer: one that refuses work never does.
    this.health.add('supervisor', () => this.checkSupervisor());
    this.reporter = this.openReporter(identity.runnerId);
    await this.reporter.start();
    this.opened = await openPhaseContext(config, this.nats, logger);
    const { context } = this.opened;
    const active = new ActiveOwners();
    this.adoption = new Adoption(context, active, () => isDiskFilling(config.HEDDLE_DATA_DIR));
    await this.adoption.takeOver();
    await this.workers.startWorker({
      taskQueue: TASK_QUEUES.runner(identity.runnerId),
      activities: { ...runnerActivities(context, active) },
      maxConcurrentActivityTaskExecutions: PHASE_SLOTS,
      // A detached phase is attached to again by whoever comes next.
      shutdownGraceTime: 0,
    });
    // It may have been told to take nothing while it was away.
    await this.reporter.report();
    this.claims = new ClaimWorker(() => this.startClaims(context, identity.runnerId));
    await this.claims.set(!this.draining);
    context.tools.follow(() => void this.reporter?.report());
    await this.reporter.report();
    const relay = createTerminalRelay(config.HEDDLE_SCHEDULER_ADDRESS, config.HEDDLE_INTERNAL_TOKEN);
    this.terminals = new TerminalHost(context, relay, terminalSettings(config));
    this.terminals.start(identity.runnerId);
    this.adoption.start();
    this.health.add('temporal', () => {
      this.workers.check();
    });
  }

  /** Detaches: agents, their processes and their logs' files go on without this process. */
  async beforeApplicationShutdown(): Promise<void> {
    this.reporter?.stop();
    this.adoption?.stop();
    await this.terminals?.stop();
    await this.workers.stop();
    await this.opened?.context.tools.stop();
    await this.opened?.context.logs.stopAll();
  }

  async onApplicationShutdown(): Promise<void> {
    this.opened?.close();
    await this.nats?.drain();
    await this.identity?.release();
  }

  private openReporter(runnerId: string): RunnerReporter {
    const { config, logger } = this;
    return new RunnerReporter({
      runnerId,
      pool: config.HEDDLE_RUNNER_POOL,
      version: '0.1.0',
      view: () => this.view(),
      samples: async () => {
        const context = this.opened?.context;
        return context === undefined ? [] : usageSamples(context);
      },
      agentTools: () => this.opened?.context.tools,
      steer: async (messages) => {
        const context = this.opened?.context;
        if (context !== undefined) await placeSteers(context, messages);
      },
      schedulerAddress: config.HEDDLE_SCHEDULER_ADDRESS,
      internalToken: config.HEDDLE_INTERNAL_TOKEN,
      logger,
      order: new DrainOrder(join(config.HEDDLE_DATA_DIR, 'runner', 'draining')),
      onDrain: (drain) => this.drain(drain),
    });
  }

  private async view(): Promise<RunnerView> {
    const context = this.opened?.context;
    // One that came back is noticed here where nobody else has asked it anything.
    if (context?.supervisor.isConnected === false)
      await context.supervisor.call('hello', {}, AbortSignal.timeout(ASK_LIMIT_MS)).catch(() => undefined);
    return {
      description: context?.hello.description,
      slots: context?.slots.slots ?? this.config.HEDDLE_RUNNER_SLOTS,
      used: context?.slots.used ?? 0,
      failedProbes: await this.refusal(),
    };
  }

  /** A supervisor that answers has passed its self-test, whatever the record of an earlier one says. */
  private async refusal(): Promise<readonly string[]> {
    if (this.opened?.context.supervisor.isConnected === true) return [];
    return readRefusal(join(this.config.HEDDLE_DATA_DIR, 'runner'));
  }

  private async checkSupervisor(): Promise<void> {
    const refusal = await this.refusal();
    if (refusal.length > 0) throw new Error(`the supervisor refuses work: ${refusal.join('; ')}`);
    if (this.opened?.context.supervisor.isConnected !== true) throw new Error('the supervisor does not answer');
  }

  private startClaims(context: PhaseContext, runnerId: string): Promise<HostedWorker> {
    return this.workers.startWorker({
      taskQueue: TASK_QUEUES.pool(this.config.HEDDLE_RUNNER_POOL),
      activities: { ...poolActivities(context, runnerId) },
      tuner: {
        activityTaskSlotSupplier: claimSlotSupplier(context.slots),
        workflowTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
        localActivityTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
        nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
      },
    });
  }

  private async drain(drain: boolean): Promise<void> {
    this.draining = drain;
    this.logger.info({ drain }, drain ? 'draining: no more claims' : 'taking claims again');
    // Before it has begun, the start sees to it.
    await this.claims?.set(!drain);
  }
}
