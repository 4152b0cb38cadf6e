import type { Logger } from '@heddle/platform/logging';
import { createDataSource } from '@heddle/platform/persistence';
import type { DataSource } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { CommentEntity } from '../comments/comment.entity.js';
import { AttestationEntity } from '../criteria/attestation.entity.js';
import { AttemptFenceEntity, CheckpointEntity } from '../git-store/checkpoint.entity.js';
import { RepositoryEntity } from '../git-store/repository.entity.js';
import { ForgeRemarkEntity } from '../proposals/forge-remark.entity.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { LandingQueueEntity } from '../queues/landing-queue.entity.js';
import { OverlapPairEntity } from '../overlaps/overlap-pair.entity.js';
import { ReconciliationEntity, ReconciliationInputEntity } from '../reconciliations/reconciliation.entity.js';
import { SelectionEntity } from '../ranking/selection.entity.js';
import { TrialEntity } from '../trials/trial.entity.js';
import { VerdictEntity } from '../verdicts/verdict.entity.js';
import { Initial1700000000002 } from './migrations/1700000000002-initial.js';
import { LandingQueues1700000000005 } from './migrations/1700000000005-landing-queues.js';
import { Comments1700000000006 } from './migrations/1700000000006-comments.js';
import { Reconciliations1700000000004 } from './migrations/1700000000004-reconciliations.js';
import { ForecastEntity } from '../forecasts/forecast.entity.js';
import { ResourceRulesEntity } from '../resources/resource-rules.entity.js';
import { Forecasts1700000000023 } from './migrations/1700000000023-forecasts.js';
import { ResourceRules1700000000033 } from './migrations/1700000000033-resource-rules.js';
import { Rankings1700000000018 } from './migrations/1700000000018-rankings.js';
import { ChecksOfTips1700000000025 } from './migrations/1700000000025-checks-of-tips.js';
import { OverlapTests1700000000024 } from './migrations/1700000000024-overlap-tests.js';
import { Regeneration1700000000034 } from './migrations/1700000000034-regeneration.js';
import { EjectedReconciliations1700000000036 } from './migrations/1700000000036-ejected-reconciliations.js';
import { ReconciliationNotes1700000000035 } from './migrations/1700000000035-reconciliation-notes.js';
import { ForgeRemarks1700000000037 } from './migrations/1700000000037-forge-remarks.js';
import { Trials1700000000008 } from './migrations/1700000000008-trials.js';
import { PullRequests1700000000021 } from './migrations/1700000000021-pull-requests.js';
import { GitCredentials1700000000028 } from './migrations/1700000000028-git-credentials.js';
import { ReviewPolicyEntity } from '../policies/review-policy.entity.js';
import { Deciding1700000000007 } from './migrations/1700000000007-deciding.js';
import { LiveOverlaps1700000000003 } from './migrations/1700000000003-live-overlaps.js';

export const SCHEMA = 'review';

export function reviewDataSource(url: string, logger: Logger): DataSource {
  return createDataSource({
    url,
    schema: SCHEMA,
    entities: [
      RepositoryEntity,
      AttemptFenceEntity,
      CheckpointEntity,
      ChangeEntity,
      VerdictEntity,
      CommentEntity,
      ReviewPolicyEntity,
      AttestationEntity,
      OverlapPairEntity,
      ForecastEntity,
      ResourceRulesEntity,
      LandingEntity,
      LandingQueueEntity,
      ForgeRemarkEntity,
      SelectionEntity,
      TrialEntity,
      ReconciliationEntity,
      ReconciliationInputEntity,
    ],
    migrations: [
      Initial1700000000002,
      LiveOverlaps1700000000003,
      Reconciliations1700000000004,
      LandingQueues1700000000005,
      Comments1700000000006,
      Deciding1700000000007,
      Trials1700000000008,
      Rankings1700000000018,
      Forecasts1700000000023,
      ChecksOfTips1700000000025,
      ResourceRules1700000000033,
      PullRequests1700000000021,
      GitCredentials1700000000028,
      OverlapTests1700000000024,
      Regeneration1700000000034,
      ReconciliationNotes1700000000035,
      EjectedReconciliations1700000000036,
      ForgeRemarks1700000000037,
    ],
    logger,
    poolSize: 12,
  });
}
