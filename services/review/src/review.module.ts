import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { AttemptServiceClient, BatchServiceClient, TaskServiceClient } from '@heddle/contracts';
import {
  EnvironmentSecretServiceClient,
  EvidenceServiceClient,
  GitCredentialServiceClient,
  ReconcileTaskServiceClient,
  SandboxSpecServiceClient,
} from '@heddle/contracts/internal';
import { createGrpcClient } from '@heddle/platform/grpc-client';
import { HealthRegistry } from '@heddle/platform/health';
import type { Logger } from '@heddle/platform/logging';
import { connectNats } from '@heddle/platform/messaging';
import { OutboxRelay } from '@heddle/platform/outbox';
import { EventRelay, LOGGER } from '@heddle/platform/service';
import { connectTemporal, type TemporalClient } from '@heddle/platform/temporal';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { OwnedFiles } from './approvals/owned-files.js';
import { ReviewStates } from './approvals/review-states.js';
import { ChangeDiffService } from './changes/change-diff.service.js';
import { ChangeFiles } from './changes/change-files.js';
import { ChangeController } from './changes/change.controller.js';
import { ChangeService } from './changes/change.service.js';
import { SeenHeads } from './changes/seen-heads.js';
import { AnchorPlaces } from './comments/anchor-places.js';
import { AnchorReader } from './comments/anchor-reader.js';
import { CommentController } from './comments/comment.controller.js';
import { CommentService } from './comments/comment.service.js';
import { ComparedSides } from './comparisons/compared-sides.js';
import { ComparisonController } from './comparisons/comparison.controller.js';
import { ComparisonService } from './comparisons/comparison.service.js';
import { FileComparison } from './comparisons/file-comparison.js';
import type { ReviewConfig } from './config.js';
import { CriterionController } from './criteria/criterion.controller.js';
import { CriterionService } from './criteria/criterion.service.js';
import { EvidenceConsumer } from './evidence/evidence.consumer.js';
import { EvidenceService } from './evidence/evidence.service.js';
import { ForecastController } from './forecasts/forecast.controller.js';
import { ForecastScorer } from './forecasts/forecast-scorer.js';
import { ForecastService } from './forecasts/forecast.service.js';
import { PlanLookup } from './forecasts/plan-lookup.js';
import { Forges } from './forges/forges.js';
import { CheckpointService } from './git-store/checkpoint.service.js';
import { ConversationService } from './git-store/conversation.service.js';
import { GitCredentials } from './git-store/git-credentials.js';
import { GitStoreController } from './git-store/git-store.controller.js';
import { GitStores } from './git-store/git-stores.js';
import { PackReader } from './git-store/pack-reader.js';
import { RepositorySyncService } from './git-store/repository-sync.service.js';
import { StoreReconciler } from './git-store/store-reconciler.js';
import { LandingDispatcher } from './landings/landing-dispatcher.js';
import { InteractionProbes } from './landings/interaction-probes.js';
import { LandingOrder } from './landings/landing-order.js';
import { LandingPlanner } from './landings/landing-planner.js';
import { LandingPusher } from './landings/landing-pusher.js';
import { LandingReconciler } from './landings/landing-reconciler.js';
import { LandingRows } from './landings/landing-rows.js';
import { LandingSpecService } from './landings/landing-spec.service.js';
import { LandingWorker } from './landings/landing-worker.js';
import { LandingController } from './landings/landing.controller.js';
import { LandingService } from './landings/landing.service.js';
import { MergeChain } from './landings/merge-chain.js';
import { PreflightService } from './landings/preflight.service.js';
import { RevertService } from './landings/revert.service.js';
import { TargetBranches } from './landings/target-branch.js';
import { ChangeAnalysis } from './overlaps/change-analysis.js';
import { LiveOverlapEngine } from './overlaps/live/live-overlap-engine.js';
import { OverlapController } from './overlaps/overlap.controller.js';
import { OverlapEngine } from './overlaps/overlap-engine.js';
import { OverlapService } from './overlaps/overlap.service.js';
import { OverlapTests } from './overlaps/together/overlap-tests.js';
import { TogetherRequests } from './overlaps/together/together-requests.js';
import { LandingQueueController } from './queues/landing-queue.controller.js';
import { QueueGate } from './queues/queue-gate.js';
import { LandingQueueService } from './queues/landing-queue.service.js';
import { PairComparison } from './overlaps/pair-comparison.js';
import { reviewDataSource, SCHEMA } from './persistence/data-source.js';
import { EjectedReconciliations } from './reconciliations/ejected-reconciliations.js';
import { IntentProof } from './reconciliations/intent-proof.js';
import { ReconcileBrief } from './reconciliations/reconcile-brief.js';
import { ReconciledResults } from './reconciliations/reconciled-results.js';
import { ReconciliationDriver } from './reconciliations/reconciliation-driver.js';
import { ReconciliationPlanner } from './reconciliations/reconciliation-planner.js';
import { ReconciliationReport } from './reconciliations/reconciliation-report.js';
import { ReconciliationRungs } from './reconciliations/reconciliation-rungs.js';
import { ResourceFiles } from './reconciliations/resource-files.js';
import { SideRungs } from './reconciliations/side-rungs.js';
import { StructuralRung } from './reconciliations/structural-rung.js';
import { ReconciliationController } from './reconciliations/reconciliation.controller.js';
import { ReconciliationService } from './reconciliations/reconciliation.service.js';
import { ResourceKinds } from './resources/resource-kinds.js';
import { ResourceRulesController } from './resources/resource-rules.controller.js';
import { ResourceRulesService } from './resources/resource-rules.service.js';
import { ReviewPolicyController } from './policies/review-policy.controller.js';
import { ReviewPolicyService } from './policies/review-policy.service.js';
import { ChangeBell } from '@heddle/platform/waiting';
import { ForgeReviews } from './proposals/forge-reviews.js';
import { LandedChecks } from './proposals/landed-checks.js';
import { ProposalFollower } from './proposals/proposal-follower.js';
import { Proposer } from './proposals/proposer.js';
import { RemarkPlaces } from './proposals/remark-places.js';
import { CrossTestsService } from './ranking/cross-tests.service.js';
import { RankingController } from './ranking/ranking.controller.js';
import { RankingEngine } from './ranking/ranking-engine.js';
import { RankingService } from './ranking/ranking.service.js';
import { SelectionRows } from './ranking/selection-rows.js';
import { SelectionService } from './ranking/selection.service.js';
import { SiblingsService } from './ranking/siblings.service.js';
import { SandboxSpecController } from './sandboxes/sandbox-spec.controller.js';
import { StructuralDriver } from './structural-merge/structural-driver.js';
import { TrialController } from './trials/trial.controller.js';
import { TrialDispatcher } from './trials/trial-dispatcher.js';
import { TrialEnds } from './trials/trial-ends.js';
import { TrialReconciler } from './trials/trial-reconciler.js';
import { TrialRefs } from './trials/trial-refs.js';
import { TrialRows } from './trials/trial-rows.js';
import { TrialService } from './trials/trial.service.js';
import { TrialSpecService } from './trials/trial-spec.service.js';
import {
  ATTEMPTS,
  BATCHES,
  CONFIG,
  ENVIRONMENT_SECRETS,
  EVIDENCE,
  GIT_CREDENTIALS,
  NATS,
  RECONCILE_TASKS,
  SANDBOX_SPECS,
  TASKS,
  TEMPORAL,
} from './shared/tokens.js';
import { ReviewBacklogController } from './triage/review-backlog.controller.js';
import { ReviewQueueService } from './triage/review-queue.service.js';
import { VerdictController } from './verdicts/verdict.controller.js';
import { VerdictService } from './verdicts/verdict.service.js';

@Module({})
export class ReviewModule implements OnApplicationShutdown {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(TEMPORAL) private readonly temporal: TemporalClient,
  ) {}

  static register(config: ReviewConfig): DynamicModule {
    return {
      module: ReviewModule,
      controllers: [
        GitStoreController,
        ChangeController,
        CommentController,
        ComparisonController,
        VerdictController,
        CriterionController,
        ReviewPolicyController,
        ReviewBacklogController,
        OverlapController,
        ForecastController,
        ResourceRulesController,
        LandingController,
        LandingQueueController,
        SandboxSpecController,
        TrialController,
        ReconciliationController,
        RankingController,
      ],
      providers: [...connections(config), ...capabilities],
    };
  }

  /** The last to go: everyone above has stopped using them. */
  async onApplicationShutdown(): Promise<void> {
    await this.nats.drain();
    await this.temporal.close();
    await this.dataSource.destroy();
  }
}

const capabilities = [
  EventRelay,
  GitCredentials,
  GitStores,
  Forges,
  RepositorySyncService,
  CheckpointService,
  ConversationService,
  PackReader,
  StoreReconciler,
  ChangeFiles,
  ChangeService,
  ChangeDiffService,
  SeenHeads,
  AnchorPlaces,
  AnchorReader,
  CommentService,
  OwnedFiles,
  ReviewStates,
  ComparedSides,
  FileComparison,
  ComparisonService,
  VerdictService,
  CriterionService,
  ReviewPolicyService,
  ReviewQueueService,
  ResourceKinds,
  ResourceRulesService,
  ChangeAnalysis,
  PairComparison,
  TogetherRequests,
  OverlapTests,
  OverlapEngine,
  LiveOverlapEngine,
  OverlapService,
  PlanLookup,
  ForecastScorer,
  ForecastService,
  EvidenceService,
  EvidenceConsumer,
  TargetBranches,
  MergeChain,
  LandingPlanner,
  Proposer,
  RemarkPlaces,
  ForgeReviews,
  ProposalFollower,
  LandingPusher,
  LandingRows,
  LandingSpecService,
  LandingService,
  LandingQueueService,
  LandingOrder,
  PreflightService,
  RevertService,
  InteractionProbes,
  QueueGate,
  LandingDispatcher,
  LandingReconciler,
  LandingWorker,
  TrialEnds,
  TrialRefs,
  TrialService,
  TrialRows,
  TrialSpecService,
  TrialDispatcher,
  TrialReconciler,
  LandedChecks,
  ReconciliationPlanner,
  ReconciledResults,
  ReconcileBrief,
  StructuralDriver,
  StructuralRung,
  ResourceFiles,
  IntentProof,
  SideRungs,
  ReconciliationReport,
  ReconciliationRungs,
  ReconciliationDriver,
  ReconciliationService,
  EjectedReconciliations,
  SiblingsService,
  CrossTestsService,
  SelectionRows,
  RankingService,
  SelectionService,
  RankingEngine,
];

function connections(config: ReviewConfig) {
  const scheduler = { internalToken: config.HEDDLE_INTERNAL_TOKEN };
  return [
    { provide: CONFIG, useValue: config },
    { provide: ChangeBell, useValue: new ChangeBell() },
    { provide: DataSource, useFactory: openDatabase(config), inject: [LOGGER, HealthRegistry] },
    { provide: NATS, useFactory: openNats(config), inject: [LOGGER] },
    {
      provide: TEMPORAL,
      useFactory: () =>
        connectTemporal({ address: config.HEDDLE_TEMPORAL_ADDRESS, namespace: config.HEDDLE_TEMPORAL_NAMESPACE }),
    },
    {
      provide: EVIDENCE,
      useFactory: () => createGrpcClient(EvidenceServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: ENVIRONMENT_SECRETS,
      useFactory: () => createGrpcClient(EnvironmentSecretServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: GIT_CREDENTIALS,
      useFactory: () => createGrpcClient(GitCredentialServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: SANDBOX_SPECS,
      useFactory: () => createGrpcClient(SandboxSpecServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: RECONCILE_TASKS,
      useFactory: () => createGrpcClient(ReconcileTaskServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: TASKS,
      useFactory: () => createGrpcClient(TaskServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: BATCHES,
      useFactory: () => createGrpcClient(BatchServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: ATTEMPTS,
      useFactory: () => createGrpcClient(AttemptServiceClient, config.HEDDLE_SCHEDULER_ADDRESS, scheduler),
    },
    {
      provide: OutboxRelay,
      useFactory: (nc: NatsConnection, logger: Logger) =>
        new OutboxRelay({ url: config.HEDDLE_DATABASE_URL, schema: SCHEMA, nc, logger }),
      inject: [NATS, LOGGER],
    },
  ];
}

function openDatabase(config: ReviewConfig) {
  return async (logger: Logger, health: HealthRegistry): Promise<DataSource> => {
    const dataSource = await reviewDataSource(config.HEDDLE_DATABASE_URL, logger).initialize();
    health.add('database', async () => {
      await dataSource.query('SELECT 1');
    });
    return dataSource;
  };
}

function openNats(config: ReviewConfig) {
  return (logger: Logger): Promise<NatsConnection> =>
    connectNats({
      url: config.HEDDLE_NATS_URL,
      ...(config.HEDDLE_NATS_TOKEN === undefined ? {} : { token: config.HEDDLE_NATS_TOKEN }),
      name: 'review',
      logger,
    });
}
