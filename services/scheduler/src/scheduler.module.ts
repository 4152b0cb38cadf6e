import { join } from 'node:path';
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ForecastServiceClient, OverlapServiceClient } from '@heddle/contracts';
import { GitStoreServiceClient, ReviewBacklogServiceClient } from '@heddle/contracts/internal';
import { createGrpcClient } from '@heddle/platform/grpc-client';
import { HealthRegistry } from '@heddle/platform/health';
import type { Logger } from '@heddle/platform/logging';
import { connectNats } from '@heddle/platform/messaging';
import { OutboxRelay } from '@heddle/platform/outbox';
import { LOGGER, EventRelay } from '@heddle/platform/service';
import { connectTemporal, type TemporalClient } from '@heddle/platform/temporal';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { AgentToolController } from './agents/agent-tool.controller.js';
import { AgentToolService } from './agents/agent-tool.service.js';
import { AttemptActivitiesService } from './attempts/attempt-activities.service.js';
import { AttemptDispatcher } from './attempts/attempt-dispatcher.js';
import { AttemptReconciler } from './attempts/attempt-reconciler.js';
import { AttemptController } from './attempts/attempt.controller.js';
import { AttemptService } from './attempts/attempt.service.js';
import { ReviewFactsConsumer } from './attempts/review-facts.consumer.js';
import { ReviewBacklog } from './attempts/review-backlog.js';
import { PlanService } from './attempts/plan.service.js';
import { SandboxSpecService } from './attempts/sandbox-spec.service.js';
import { BatchController } from './batches/batch.controller.js';
import { BatchService } from './batches/batch.service.js';
import { BudgetService } from './budgets/budget.service.js';
import type { SchedulerConfig } from './config.js';
import { CredentialController } from './credentials/credential.controller.js';
import { CredentialService } from './credentials/credential.service.js';
import { ModelCapacity } from './credentials/model-capacity.js';
import { ModelRefusalService } from './credentials/model-refusal.service.js';
import { EgressRecorder } from './egress/egress-recorder.service.js';
import { EgressController } from './egress/egress.controller.js';
import { EgressService } from './egress/egress.service.js';
import { EnvironmentController } from './environments/environment.controller.js';
import { EnvironmentService } from './environments/environment.service.js';
import { JobActivitiesService } from './jobs/job-activities.service.js';
import { JobDispatcher } from './jobs/job-dispatcher.js';
import { JobReconciler } from './jobs/job-reconciler.js';
import { JobController } from './jobs/job.controller.js';
import { JobService } from './jobs/job.service.js';
import { SCHEMA, schedulerDataSource } from './persistence/data-source.js';
import { PriceController } from './prices/price.controller.js';
import { PriceService } from './prices/price.service.js';
import { ReconcileTaskController } from './reconcile-tasks/reconcile-task.controller.js';
import { ReconcileTaskService } from './reconcile-tasks/reconcile-task.service.js';
import { RepositoryController } from './repositories/repository.controller.js';
import { RepositoryService } from './repositories/repository.service.js';
import { RunnerController } from './runners/runner.controller.js';
import { RunnerService } from './runners/runner.service.js';
import { SlotWatch } from './runners/slot-watch.js';
import { FileKeyProvider } from './secrets/file-key-provider.js';
import { KeyRotationService } from './secrets/key-rotation.service.js';
import { SandboxSecretsService } from './secrets/sandbox-secrets.service.js';
import { SecretController } from './secrets/secret.controller.js';
import { SecretService } from './secrets/secret.service.js';
import { ChangeBell } from '@heddle/platform/waiting';
import {
  CONFIG,
  FORECASTS,
  GIT_STORE,
  KEY_PROVIDER,
  NATS,
  OVERLAPS,
  REVIEW_BACKLOGS,
  TEMPORAL,
} from './shared/tokens.js';
import { TaskController } from './tasks/task.controller.js';
import { TaskService } from './tasks/task.service.js';
import { TerminalMeeting } from './terminals/terminal-meeting.js';
import { TerminalRecords } from './terminals/terminal-records.service.js';
import { TerminalController } from './terminals/terminal.controller.js';
import { TerminalService } from './terminals/terminal.service.js';
import { TurnController } from './turns/turn.controller.js';
import { VerdictConsumer } from './turns/verdict.consumer.js';
import { OverlapNotes } from './turns/overlap-notes.js';
import { TurnService } from './turns/turn.service.js';
import { SchedulerWorker } from './workflows/scheduler-worker.js';

@Module({})
export class SchedulerModule implements OnApplicationShutdown {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
  ) {}

  static register(config: SchedulerConfig): DynamicModule {
    return {
      module: SchedulerModule,
      controllers: [
        RepositoryController,
        EnvironmentController,
        SecretController,
        CredentialController,
        PriceController,
        BatchController,
        TaskController,
        ReconcileTaskController,
        AttemptController,
        TurnController,
        EgressController,
        RunnerController,
        AgentToolController,
        TerminalController,
        JobController,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: DataSource, useFactory: openDatabase(config), inject: [LOGGER, HealthRegistry] },
        { provide: NATS, useFactory: openNats(config), inject: [LOGGER] },
        {
          provide: TEMPORAL,
          useFactory: () =>
            connectTemporal({ address: config.HEDDLE_TEMPORAL_ADDRESS, namespace: config.HEDDLE_TEMPORAL_NAMESPACE }),
        },
        { provide: KEY_PROVIDER, useValue: new FileKeyProvider(keyFile(config)) },
        {
          provide: GIT_STORE,
          useFactory: () =>
            createGrpcClient(GitStoreServiceClient, config.HEDDLE_REVIEW_ADDRESS, {
              internalToken: config.HEDDLE_INTERNAL_TOKEN,
            }),
        },
        {
          provide: FORECASTS,
          useFactory: () =>
            createGrpcClient(ForecastServiceClient, config.HEDDLE_REVIEW_ADDRESS, {
              internalToken: config.HEDDLE_INTERNAL_TOKEN,
            }),
        },
        {
          provide: OVERLAPS,
          useFactory: () =>
            createGrpcClient(OverlapServiceClient, config.HEDDLE_REVIEW_ADDRESS, {
              internalToken: config.HEDDLE_INTERNAL_TOKEN,
            }),
        },
        {
          provide: REVIEW_BACKLOGS,
          useFactory: () =>
            createGrpcClient(ReviewBacklogServiceClient, config.HEDDLE_REVIEW_ADDRESS, {
              internalToken: config.HEDDLE_INTERNAL_TOKEN,
            }),
        },
        {
          provide: OutboxRelay,
          useFactory: (nc: NatsConnection, logger: Logger) =>
            new OutboxRelay({ url: config.HEDDLE_DATABASE_URL, schema: SCHEMA, nc, logger }),
          inject: [NATS, LOGGER],
        },
        { provide: ChangeBell, useValue: new ChangeBell() },
        EventRelay,
        RepositoryService,
        EnvironmentService,
        SecretService,
        KeyRotationService,
        SandboxSecretsService,
        CredentialService,
        ModelCapacity,
        ReviewBacklog,
        ModelRefusalService,
        BudgetService,
        PriceService,
        BatchService,
        TaskService,
        ReconcileTaskService,
        AttemptService,
        PlanService,
        TurnService,
        OverlapNotes,
        VerdictConsumer,
        SandboxSpecService,
        EgressService,
        EgressRecorder,
        AttemptActivitiesService,
        AttemptDispatcher,
        AttemptReconciler,
        JobService,
        JobActivitiesService,
        JobDispatcher,
        JobReconciler,
        SchedulerWorker,
        ReviewFactsConsumer,
        RunnerService,
        SlotWatch,
        AgentToolService,
        TerminalMeeting,
        TerminalRecords,
        TerminalService,
      ],
    };
  }

  /** The last to go: everyone above has stopped using them. */
  async onApplicationShutdown(): Promise<void> {
    await this.nats.drain();
    await this.temporal.close();
    await this.dataSource.destroy();
  }
}

/** In the data directory where the operator named no other. */
function keyFile({ HEDDLE_SECRETS_KEY_FILE: file, HEDDLE_DATA_DIR: directory }: SchedulerConfig): string {
  return file ?? join(directory, 'secrets', 'secrets-key');
}

function openDatabase(config: SchedulerConfig) {
  return async (logger: Logger, health: HealthRegistry): Promise<DataSource> => {
    const dataSource = await schedulerDataSource(config.HEDDLE_DATABASE_URL, logger).initialize();
    health.add('database', async () => {
      await dataSource.query('SELECT 1');
    });
    return dataSource;
  };
}

function openNats(config: SchedulerConfig) {
  return (logger: Logger): Promise<NatsConnection> =>
    connectNats({
      url: config.HEDDLE_NATS_URL,
      ...(config.HEDDLE_NATS_TOKEN === undefined ? {} : { token: config.HEDDLE_NATS_TOKEN }),
      name: 'scheduler',
      logger,
    });
}
