import {
  BatchServiceService,
  ChangeServiceService,
  ForecastServiceService,
  LandingServiceService,
  OverlapServiceService,
  ReconciliationServiceService,
  ResourceRulesServiceService,
  ReviewPolicyServiceService,
  LandingQueueServiceService,
  TaskServiceService,
} from '@heddle/contracts';
import {
  GitStoreServiceService,
  ReviewBacklogServiceService,
  SandboxSpecServiceService,
  TrialServiceService,
} from '@heddle/contracts/internal';
import { createLogger } from '@heddle/platform/logging';
import { runMain, runService } from '@heddle/platform/service';
import { readConfig } from './config.js';
import { ReviewModule } from './review.module.js';

runMain(async () => {
  const config = readConfig();
  await runService({
    name: 'review',
    module: ReviewModule.register(config),
    logger: createLogger('review', config.HEDDLE_LOG_LEVEL),
    healthPort: config.HEDDLE_HEALTH_PORT,
    grpc: {
      host: config.HEDDLE_INTERNAL_HOST,
      port: config.HEDDLE_REVIEW_PORT,
      internalToken: config.HEDDLE_INTERNAL_TOKEN,
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
    },
  });
});
