import { Forecast, ListOverlapsResponse } from '@heddle/contracts';
import type { ListReviewBacklogsResponse } from '@heddle/contracts/internal';
import { createLogger, type Logger } from '@heddle/platform/logging';
import { migrate } from '@heddle/platform/persistence';
import type { TemporalClient } from '@heddle/platform/temporal';
import type { TestDatabase, TestPostgres } from '@heddle/testing';
import type { DataSource } from 'typeorm';
import { AttemptActivitiesService } from '../attempts/attempt-activities.service.js';
import { AttemptDispatcher } from '../attempts/attempt-dispatcher.js';
import { AttemptReconciler } from '../attempts/attempt-reconciler.js';
import { AttemptService } from '../attempts/attempt.service.js';
import { ReviewBacklog } from '../attempts/review-backlog.js';
import { PlanService } from '../attempts/plan.service.js';
import { SandboxSpecService } from '../attempts/sandbox-spec.service.js';
import { BatchService } from '../batches/batch.service.js';
import type { SchedulerConfig } from '../config.js';
import { BudgetService } from '../budgets/budget.service.js';
import { ModelCapacity } from '../credentials/model-capacity.js';
import { EnvironmentService } from '../environments/environment.service.js';
import { JobActivitiesService } from '../jobs/job-activities.service.js';
import { JobDispatcher } from '../jobs/job-dispatcher.js';
import { JobReconciler } from '../jobs/job-reconciler.js';
import { JobService } from '../jobs/job.service.js';
import { schedulerDataSource } from '../persistence/data-source.js';
import { ReconcileTaskService } from '../reconcile-tasks/reconcile-task.service.js';
import { RepositoryService } from '../repositories/repository.service.js';
import { ChangeBell } from '@heddle/platform/waiting';
import { TaskService } from '../tasks/task.service.js';
import { OverlapNotes } from '../turns/overlap-notes.js';
import { TurnService } from '../turns/turn.service.js';
import type { Forecasts, GitStore, Overlaps, ReviewBacklogs } from '../shared/tokens.js';

export const BASE_COMMIT = 'a'.repeat(40);
export const CONFIG = {
  HEDDLE_RUNNER_POOL: 'default',
  HEDDLE_ATTEMPT_TIME_LIMIT: 60,
  HEDDLE_HEARTBEAT_TIMEOUT: 5,
  HEDDLE_MAX_MEMORY_BYTES: 8 * 1024 ** 3,
  HEDDLE_MAX_PROCESSES: 1_000,
  HEDDLE_MAX_OUTPUT_BYTES: 1024 ** 2,
  HEDDLE_MAX_DURATION: 3_600,
  HEDDLE_MAX_CPU_MILLIS: 4_000,
  HEDDLE_MAX_DISK_BYTES: 1024 ** 3,
  HEDDLE_MAX_DISK_INODES: 10_000,
  HEDDLE_MAX_OPEN_FILES: 1_024,
  HEDDLE_MAX_IDLE_DURATION: 600,
  HEDDLE_MAX_KEEP_DURATION: 7_200,
  HEDDLE_EGRESS_PRIVATE_HOSTS: ['models.test:8080'],
} as SchedulerConfig;

/** The scheduler's services over a real database; review and Temporal are stood in for by what they would answer. */
export interface SchedulerFixture {
  readonly dataSource: DataSource;
  readonly repositories: RepositoryService;
  readonly environments: EnvironmentService;
  readonly batches: BatchService;
  readonly tasks: TaskService;
  readonly attempts: AttemptService;
  readonly turns: TurnService;
  readonly jobs: JobService;
  readonly jobActivities: JobActivitiesService;
  readonly jobReconciler: JobReconciler;
  readonly plans: PlanService;
  readonly reconcileTasks: ReconcileTaskService;
  readonly specs: SandboxSpecService;
  readonly activities: AttemptActivitiesService;
  readonly reconciler: AttemptReconciler;
  readonly dispatcher: AttemptDispatcher;
  /** As of a process that has started anew on the same rows; whoever asks ends it. */
  anotherDispatcher(): AttemptDispatcher;
  /** Ids of the workflows that were told to look, in order. */
  readonly told: string[];
  /** What happens while a repository is fetched. */
  onSync: (repositoryId: string) => Promise<void>;
  /** What happens while a workflow is told. */
  onTold: (workflowId: string) => Promise<void>;
  /** What Temporal says of a workflow. */
  describe: (workflowId: string) => Promise<{ readonly status: { readonly name: string } }>;
  /** What review says of what waits for it. */
  backlogs: () => Promise<ListReviewBacklogsResponse>;
  /** What review knows of an attempt's overlaps. */
  overlapsOf: (attemptId: string) => Promise<ListOverlapsResponse>;
  /** What review foretold. */
  forecast: (id: string) => Promise<Forecast>;
  /** One that asks review at once. */
  readonly backlog: () => ReviewBacklog;
  /** Makes Temporal fail while true. */
  temporalAway: boolean;
  close(): Promise<void>;
}

export async function schedulerFixture(postgres: TestPostgres): Promise<SchedulerFixture> {
  const logger = createLogger('test', 'silent');
  const database: TestDatabase = await postgres.database({
    template: 'scheduler',
    migrate: (url) => migrateOnly(url, logger),
  });
  const dataSource = await schedulerDataSource(database.url, logger).initialize();
  const gitStore = {
    syncRepository: async ({ repositoryId }: { readonly repositoryId: string }) => {
      await fixture.onSync(repositoryId);
      return { defaultBranch: 'main', headCommit: BASE_COMMIT };
    },
    resolveCommit: () => Promise.resolve({ commit: BASE_COMMIT, branch: 'main' }),
  } as unknown as GitStore;
  const forecasts = { getForecast: ({ id }: { readonly id: string }) => fixture.forecast(id) } as unknown as Forecasts;
  const overlaps = {
    listOverlaps: ({ attemptId }: { readonly attemptId: string }) => fixture.overlapsOf(attemptId),
  } as unknown as Overlaps;
  const told: string[] = [];
  const temporal = {
    client: {
      workflow: {
        getHandle: (workflowId: string) => ({ describe: () => fixture.describe(workflowId) }),
        signalWithStart: (_: string, options: { readonly workflowId: string }) => {
          if (fixture.temporalAway) return Promise.reject(new Error('Temporal is away'));
          told.push(options.workflowId);
          return fixture.onTold(options.workflowId);
        },
      },
    },
  } as unknown as TemporalClient;
  const bell = new ChangeBell();
  const activities = new AttemptActivitiesService(dataSource, bell, new ModelCapacity(dataSource, bell), CONFIG);
  const repositories = new RepositoryService(dataSource, gitStore);
  const environments = new EnvironmentService(dataSource, CONFIG);
  const backlogs = { listReviewBacklogs: () => fixture.backlogs() } as unknown as ReviewBacklogs;
  const backlog = (): ReviewBacklog => new ReviewBacklog(dataSource, bell, backlogs, logger);
  const capacity = new ModelCapacity(dataSource, bell);
  const anotherDispatcher = (): AttemptDispatcher =>
    new AttemptDispatcher(dataSource, capacity, backlog(), temporal, logger);
  const dispatcher = anotherDispatcher();
  const budgets = new BudgetService(dataSource, bell);
  const attempts = new AttemptService(dataSource, dispatcher, budgets, bell);
  const jobDispatcher = new JobDispatcher(dataSource, temporal, logger);
  const batches = new BatchService(
    dataSource,
    repositories,
    environments,
    dispatcher,
    budgets,
    bell,
    gitStore,
    forecasts,
  );
  const jobs = new JobService(dataSource, batches, jobDispatcher, bell);
  const jobActivities = new JobActivitiesService(dataSource, bell, CONFIG);
  const fixture: SchedulerFixture = {
    dataSource,
    repositories,
    environments,
    batches,
    tasks: new TaskService(dataSource, batches, dispatcher, budgets, bell),
    jobs,
    jobActivities,
    jobReconciler: new JobReconciler(dataSource, jobDispatcher, jobActivities, temporal, logger),
    attempts,
    plans: new PlanService(dataSource, attempts, dispatcher, bell),
    turns: new TurnService(dataSource, attempts, dispatcher, bell),
    reconcileTasks: new ReconcileTaskService(dataSource, environments, dispatcher),
    specs: new SandboxSpecService(dataSource, attempts, jobs, new OverlapNotes(dataSource, overlaps, logger)),
    activities,
    reconciler: new AttemptReconciler(dataSource, dispatcher, activities, temporal, logger),
    dispatcher,
    anotherDispatcher,
    told,
    onSync: () => Promise.resolve(),
    onTold: () => Promise.resolve(),
    describe: () => Promise.resolve({ status: { name: 'RUNNING' } }),
    backlogs: () => Promise.resolve({ backlogs: [] }),
    overlapsOf: () => Promise.resolve(ListOverlapsResponse.create()),
    forecast: (id) => Promise.resolve(Forecast.fromPartial({ id })),
    backlog,
    temporalAway: false,
    async close() {
      await dispatcher.beforeApplicationShutdown();
      await jobDispatcher.beforeApplicationShutdown();
      await dataSource.destroy();
      await database.drop();
    },
  };
  return fixture;
}

async function migrateOnly(url: string, logger: Logger): Promise<void> {
  const dataSource = schedulerDataSource(url, logger);
  await migrate(dataSource);
  await dataSource.destroy();
}
