import { createDataSource } from '@heddle/platform/persistence';
import type { Logger } from '@heddle/platform/logging';
import type { DataSource } from 'typeorm';
import { AttemptPlanEntity } from './attempt-plan.entity.js';
import { AttemptEntity } from './attempt.entity.js';
import { BatchEntity } from './batch.entity.js';
import { CredentialEntity } from './credential.entity.js';
import { EnvironmentSecretEntity } from './environment-secret.entity.js';
import { EnvironmentEntity, EnvironmentVersionEntity } from './environment.entity.js';
import { JobEntity } from './job.entity.js';
import { Initial1700000000001 } from './migrations/1700000000001-initial.js';
import { AttemptsUntold1700000000002 } from './migrations/1700000000002-attempts-untold.js';
import { LandingOfAttempt1700000000003 } from './migrations/1700000000003-landing-of-attempt.js';
import { EnvironmentsInFull1700000000004 } from './migrations/1700000000004-environments-in-full.js';
import { RunnersAndPauses1700000000005 } from './migrations/1700000000005-runners-and-pauses.js';
import { ActivitySummaries1700000000026 } from './migrations/1700000000026-activity-summaries.js';
import { SteeringMessages1700000000033 } from './migrations/1700000000033-steering-messages.js';
import { AgentReports1700000000009 } from './migrations/1700000000009-agent-reports.js';
import { AgentTools1700000000006 } from './migrations/1700000000006-agent-tools.js';
import { Terminals1700000000007 } from './migrations/1700000000007-terminals.js';
import { JobsAndDrains1700000000008 } from './migrations/1700000000008-jobs-and-drains.js';
import { ModelCredentials1700000000010 } from './migrations/1700000000010-model-credentials.js';
import { BudgetsAndPrices1700000000012 } from './migrations/1700000000012-budgets-and-prices.js';
import { Variants1700000000013 } from './migrations/1700000000013-variants.js';
import { Plans1700000000014 } from './migrations/1700000000014-plans.js';
import { WaitsForModels1700000000015 } from './migrations/1700000000015-waits-for-models.js';
import { OneCountOfUsage1700000000016 } from './migrations/1700000000016-one-count-of-usage.js';
import { RevertedLandings1700000000018 } from './migrations/1700000000018-reverted-landings.js';
import { TestsOfEnvironments1700000000019 } from './migrations/1700000000019-tests-of-environments.js';
import { Turns1700000000011 } from './migrations/1700000000011-turns.js';
import { Forecasts1700000000022 } from './migrations/1700000000022-forecasts.js';
import { ToldOverlaps1700000000032 } from './migrations/1700000000032-told-overlaps.js';
import { ReconcileTasks1700000000017 } from './migrations/1700000000017-reconcile-tasks.js';
import { GitCredentials1700000000028 } from './migrations/1700000000028-git-credentials.js';
import { RepositoryEntity } from './repository.entity.js';
import { TaskEntity } from './task.entity.js';
import { TurnEntity } from './turn.entity.js';

export const SCHEMA = 'scheduler';

export function schedulerDataSource(url: string, logger: Logger): DataSource {
  return createDataSource({
    url,
    schema: SCHEMA,
    entities: [
      RepositoryEntity,
      EnvironmentEntity,
      EnvironmentVersionEntity,
      EnvironmentSecretEntity,
      CredentialEntity,
      BatchEntity,
      TaskEntity,
      AttemptEntity,
      AttemptPlanEntity,
      TurnEntity,
      JobEntity,
    ],
    migrations: [
      Initial1700000000001,
      AttemptsUntold1700000000002,
      LandingOfAttempt1700000000003,
      EnvironmentsInFull1700000000004,
      RunnersAndPauses1700000000005,
      AgentReports1700000000009,
      AgentTools1700000000006,
      Terminals1700000000007,
      JobsAndDrains1700000000008,
      ModelCredentials1700000000010,
      BudgetsAndPrices1700000000012,
      Variants1700000000013,
      Plans1700000000014,
      WaitsForModels1700000000015,
      RevertedLandings1700000000018,
      TestsOfEnvironments1700000000019,
      Turns1700000000011,
      OneCountOfUsage1700000000016,
      Forecasts1700000000022,
      ToldOverlaps1700000000032,
      ActivitySummaries1700000000026,
      SteeringMessages1700000000033,
      ReconcileTasks1700000000017,
      GitCredentials1700000000028,
    ],
    logger,
    poolSize: 12,
  });
}
