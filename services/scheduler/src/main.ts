import {
  AccessServiceService,
  AgentToolServiceService,
  AttemptServiceService,
  BatchServiceService,
  EnvironmentServiceService,
  JobServiceService,
  PriceServiceService,
  RepositoryServiceService,
  RunnerServiceService,
  TaskServiceService,
} from '@heddle/contracts';
import {
  EnvironmentSecretServiceService,
  EvidenceServiceService,
  GitCredentialServiceService,
  ModelCredentialServiceService,
  ReconcileTaskServiceService,
  RepositoryDirectoryServiceService,
  RunnerRegistryServiceService,
  SandboxSpecServiceService,
  TerminalRelayServiceService,
} from '@heddle/contracts/internal';
import { createLogger } from '@heddle/platform/logging';
import { runMain, runService } from '@heddle/platform/service';
import { readConfig } from './config.js';
import { SchedulerModule } from './scheduler.module.js';

runMain(async () => {
  const config = readConfig();
  await runService({
    name: 'scheduler',
    module: SchedulerModule.register(config),
    logger: createLogger('scheduler', config.HEDDLE_LOG_LEVEL),
    healthPort: config.HEDDLE_HEALTH_PORT,
    grpc: {
      host: config.HEDDLE_INTERNAL_HOST,
      port: config.HEDDLE_SCHEDULER_PORT,
      internalToken: config.HEDDLE_INTERNAL_TOKEN,
      services: {
        'heddle.v1.RepositoryService': RepositoryServiceService,
        'heddle.v1.EnvironmentService': EnvironmentServiceService,
        'heddle.v1.BatchService': BatchServiceService,
        'heddle.v1.TaskService': TaskServiceService,
        'heddle.v1.AttemptService': AttemptServiceService,
        'heddle.v1.AgentToolService': AgentToolServiceService,
        'heddle.v1.JobService': JobServiceService,
        'heddle.v1.RunnerService': RunnerServiceService,
        'heddle.v1.AccessService': AccessServiceService,
        'heddle.v1.PriceService': PriceServiceService,
        'heddle.internal.v1.SandboxSpecService': SandboxSpecServiceService,
        'heddle.internal.v1.EnvironmentSecretService': EnvironmentSecretServiceService,
        'heddle.internal.v1.ModelCredentialService': ModelCredentialServiceService,
        'heddle.internal.v1.GitCredentialService': GitCredentialServiceService,
        'heddle.internal.v1.ReconcileTaskService': ReconcileTaskServiceService,
        'heddle.internal.v1.EvidenceService': EvidenceServiceService,
        'heddle.internal.v1.RepositoryDirectoryService': RepositoryDirectoryServiceService,
        'heddle.internal.v1.RunnerRegistryService': RunnerRegistryServiceService,
        'heddle.internal.v1.TerminalRelayService': TerminalRelayServiceService,
      },
    },
  });
});
