/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class that it does not export, and takes plain objects */
import { NestFactory } from '@nestjs/core';
import {
  BatchServiceClient,
  BatchServiceService,
  ChangeServiceClient,
  ChangeServiceService,
  ForecastServiceClient,
  ForecastServiceService,
  LandingQueueServiceClient,
  LandingQueueServiceService,
  LandingServiceClient,
  LandingServiceService,
  OverlapServiceClient,
  OverlapServiceService,
  ReconciliationServiceClient,
  ReconciliationServiceService,
  ResourceRulesServiceClient,
  ResourceRulesServiceService,
  ReviewPolicyServiceClient,
  ReviewPolicyServiceService,
  TaskServiceClient,
  TaskServiceService,
} from '@heddle/contracts';
import {
  GitStoreServiceClient,
  GitStoreServiceService,
  ReviewBacklogServiceClient,
  ReviewBacklogServiceService,
  SandboxSpecServiceClient,
  SandboxSpecServiceService,
  TrialServiceClient,
  TrialServiceService,
} from '@heddle/contracts/internal';
import { grpcMicroservice, HeddleExceptionFilter } from '@heddle/platform/grpc';
import { createGrpcClient } from '@heddle/platform/grpc-client';
import { HealthRegistry } from '@heddle/platform/health';
import { createLogger, NestLogger } from '@heddle/platform/logging';
import { migrate } from '@heddle/platform/persistence';
import { PlatformModule } from '@heddle/platform/service';
import type { TestDatabase, TestServers } from '@heddle/testing';
import { DataSource } from 'typeorm';
import { readConfig } from '../config.js';
import { reviewDataSource } from '../persistence/data-source.js';
import { ReviewModule } from '../review.module.js';
import { FakeRunner } from './fake-runner.js';
import { FakeScheduler } from './fake-scheduler.js';

const TOKEN = 'fixture-token';
const logger = createLogger('test', process.env['HEDDLE_TEST_LOG'] ?? 'silent');

/** The whole service over real servers and real git; the scheduler and the runners are stood in for. */
export type ReviewFixture = Awaited<ReturnType<typeof reviewFixture>>;

/** @param env further settings */
export async function reviewFixture(
  servers: Pick<TestServers, 'postgres' | 'nats' | 'temporal'>,
  directory: string,
  env: NodeJS.ProcessEnv = {},
) {
  const database = await freshDatabase(servers);
  const scheduler = await FakeScheduler.start();
  const config = readConfig({
    HEDDLE_DATA_DIR: directory,
    HEDDLE_LOG_LEVEL: 'silent',
    HEDDLE_HEALTH_PORT: '0',
    HEDDLE_INTERNAL_TOKEN: TOKEN,
    HEDDLE_DATABASE_URL: database.url,
    HEDDLE_NATS_URL: servers.nats.url,
    HEDDLE_NATS_TOKEN: servers.nats.token,
    HEDDLE_TEMPORAL_ADDRESS: servers.temporal.address,
    HEDDLE_TEMPORAL_NAMESPACE: servers.temporal.namespace,
    HEDDLE_REVIEW_PORT: '0',
    HEDDLE_SCHEDULER_ADDRESS: scheduler.address,
    ...env,
  });
  const start = () => startReview(config);
  let running = await start();
  const runner = await FakeRunner.start(servers.temporal, logger, () => running.clients.specs);
  return {
    database,
    scheduler,
    runner,
    get clients() {
      return running.clients;
    },
    get dataSource() {
      return running.app.get(DataSource);
    },
    get app() {
      return running.app;
    },
    /** Ends the process's work in order and starts it anew over the same data. */
    async restart() {
      await running.stop();
      running = await start();
    },
    async close() {
      await runner.stop();
      await running.stop();
      scheduler.stop();
      await database.drop();
    },
  };
}

async function startReview(config: ReturnType<typeof readConfig>) {
  const module = PlatformModule.around(ReviewModule.register(config), logger, new HealthRegistry());
  const transport = grpcMicroservice({
    host: '127.0.0.1',
    port: 0,
    internalToken: TOKEN,
    services: {
      'heddle.v1.ChangeService': ChangeServiceService,
      'heddle.v1.OverlapService': OverlapServiceService,
      'heddle.v1.ReviewPolicyService': ReviewPolicyServiceService,
      'heddle.v1.LandingService': LandingServiceService,
      'heddle.v1.ReconciliationService': ReconciliationServiceService,
      'heddle.v1.LandingQueueService': LandingQueueServiceService,
      // SuggestSplit.
      'heddle.v1.BatchService': BatchServiceService,
      'heddle.v1.ForecastService': ForecastServiceService,
      'heddle.v1.ResourceRulesService': ResourceRulesServiceService,
      // GetRanking and SelectAttempt.
      'heddle.v1.TaskService': TaskServiceService,
      'heddle.internal.v1.GitStoreService': GitStoreServiceService,
      'heddle.internal.v1.SandboxSpecService': SandboxSpecServiceService,
      'heddle.internal.v1.TrialService': TrialServiceService,
      'heddle.internal.v1.ReviewBacklogService': ReviewBacklogServiceService,
    },
  });
  const options = { logger: new NestLogger(logger), abortOnError: false };
  const app = await NestFactory.createMicroservice(module, { ...options, ...transport });
  app.useGlobalFilters(new HeddleExceptionFilter(logger));
  await app.listen();
  const address = `127.0.0.1:${String(transport.strategy.port)}`;
  const calls = { internalToken: TOKEN, deadlineMs: 60_000 };
  const clients = {
    changes: createGrpcClient(ChangeServiceClient, address, calls),
    overlaps: createGrpcClient(OverlapServiceClient, address, calls),
    policies: createGrpcClient(ReviewPolicyServiceClient, address, calls),
    backlogs: createGrpcClient(ReviewBacklogServiceClient, address, calls),
    landings: createGrpcClient(LandingServiceClient, address, calls),
    reconciliations: createGrpcClient(ReconciliationServiceClient, address, calls),
    queues: createGrpcClient(LandingQueueServiceClient, address, calls),
    store: createGrpcClient(GitStoreServiceClient, address, calls),
    specs: createGrpcClient(SandboxSpecServiceClient, address, calls),
    trials: createGrpcClient(TrialServiceClient, address, calls),
    tasks: createGrpcClient(TaskServiceClient, address, calls),
    batches: createGrpcClient(BatchServiceClient, address, calls),
    resourceRules: createGrpcClient(ResourceRulesServiceClient, address, calls),
    forecasts: createGrpcClient(ForecastServiceClient, address, calls),
  };
  return {
    app,
    clients,
    async stop() {
      for (const client of Object.values(clients)) client.close();
      await app.close();
    },
  };
}

function freshDatabase({ postgres }: Pick<TestServers, 'postgres'>): Promise<TestDatabase> {
  return postgres.database({
    template: 'review',
    migrate: async (url) => {
      const dataSource = reviewDataSource(url, logger);
      await migrate(dataSource);
      await dataSource.destroy();
    },
  });
}
