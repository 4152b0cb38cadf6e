import { Batch, type AgentSpec, type CreateBatchRequest, type TaskSpec, type TaskVariant } from '@heddle/contracts';
import { fieldInvalid, HeddleError, taskTitle, type TurnMode } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { appendEvents, type NewEvent } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { attemptJson } from '../attempts/attempt.mapper.js';
import { budgetFacts, toBudget } from '../budgets/budget-facts.js';
import { uncountable } from '../budgets/countable-budget.js';
import type { EnvironmentRows } from '../environments/environment.mapper.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { newId } from '@heddle/platform/ids';
import { taskJson } from '../tasks/task.mapper.js';
import { batchJson, toFullBatch } from './batch.mapper.js';
import { agentFreezer } from './freeze-agent.js';
import { taskMode } from './task-mode.js';

const DEFAULT_PRIORITY = 3;
/** Of all that GetBatch shows: an answer has at most 4 MiB, and what becomes of 3,200 attempts needs room in it too. */
const MAX_BATCH_BYTES = 2.5 * 1024 * 1024;
/** A statement has at most 65,535 parameters, which the attempts of the largest batch would exceed. */
const ROWS_A_STATEMENT = 1_000;

type TaskField = (index: number) => string;

/** What was asked of others before the transaction. */
export interface PreparedBatch {
  readonly repositoryId: string;
  readonly ref: string;
  readonly sourceBranch: string;
  readonly baseCommit: string;
  readonly environment: EnvironmentRows;
}

/**
 * Rows and events of a batch with all its tasks and attempts, in the caller's transaction.
 * @param field path of a task in the caller's request, as of `refuseInvalidBatch`
 * @returns the batch with its tasks, which come without their prompts
 * @throws HeddleError FIELD_INVALID without an agent, where its credential is not to be found, for a mode that it has not, or for an early stop without a check; REQUEST_TOO_LARGE for a batch that could not be answered
 */
export async function insertBatch(
  manager: EntityManager,
  request: CreateBatchRequest,
  prepared: PreparedBatch,
  field: TaskField = (index) => `tasks[${String(index)}].`,
): Promise<Batch> {
  const now = new Date();
  const context = requestContext.get();
  const batch = manager.create(BatchEntity, {
    id: newId(),
    repositoryId: prepared.repositoryId,
    ref: prepared.ref,
    sourceBranch: prepared.sourceBranch,
    baseCommit: prepared.baseCommit,
    environmentId: prepared.environment.environment.id,
    environmentVersion: prepared.environment.version.version,
    brief: request.brief,
    labels: request.labels,
    priority: request.priority === 0 ? DEFAULT_PRIORITY : request.priority,
    principal: context?.principal ?? '',
    traceparent: context?.traceparent ?? '',
    budget: budgetFacts(request.budget),
    budgetWarnTime: null,
    forecastId: request.forecastId === '' ? null : request.forecastId,
    createTime: now,
    endTime: null,
    revision: '1',
  });
  const agents = await agentsOf(manager, request, prepared, field);
  const tasks = request.tasks.map((spec, position) => {
    const made = agents[position] as TaskAgents;
    const mode = taskMode(spec.mode, kindsOf(made), `${field(position)}mode`);
    return taskRow(manager, batch, { spec, position, agents: made, mode }, prepared);
  });
  refuseStopWithoutCheck(tasks, field);
  const attempts = tasks.flatMap((task, index) =>
    makersOf(task, request.tasks[index]?.attempts).map((maker, number) =>
      attemptRow(manager, task, { attemptNumber: number + 1, ...maker }, now),
    ),
  );
  await refuseUncountable(manager, request, { tasks, attempts }, field);
  const message = toFullBatch({ batch, tasks, attempts });
  refuseTooLarge(message);
  await manager.insert(BatchEntity, batch);
  await manager.insert(TaskEntity, tasks);
  for (let from = 0; from < attempts.length; from += ROWS_A_STATEMENT)
    await manager.insert(AttemptEntity, attempts.slice(from, from + ROWS_A_STATEMENT));
  await manager.query(
    'INSERT INTO turns (attempt_id, turn, principal, create_time) SELECT id, turn, $2, create_time FROM attempts WHERE batch_id = $1',
    [batch.id, batch.principal],
  );
  await appendEvents(manager, queued(message));
  return message;
}

/** Every task has its own copy of what it takes over from the environment, and attempts have their own agents. */
export function refuseTooLarge(message: Batch): void {
  const bytes = Batch.encode(message).finish().length;
  if (bytes > MAX_BATCH_BYTES)
    throw new HeddleError(
      'REQUEST_TOO_LARGE',
      `The batch would have ${String(bytes)} bytes; make several of it, or move long commands into the repository`,
      { metadata: { bytes: String(bytes), maximum: String(MAX_BATCH_BYTES) } },
    );
}

/** Each resource as it is in the answer; an attempt by itself shows its task's agent. */
function queued({ tasks, ...batch }: Batch): NewEvent[] {
  const first = (aggregate: string, id: string, data: unknown): NewEvent => ({
    aggregate,
    id,
    version: 1,
    type: `${aggregate}.queued`,
    data,
  });
  return [
    first('batch', batch.id, batchJson({ ...batch, tasks: [] })),
    ...tasks.map((task) => first('task', task.id, taskJson(task))),
    ...tasks.flatMap(({ agent, attempts }) =>
      attempts.map((attempt) =>
        first('attempt', attempt.id, attemptJson({ ...attempt, agent: attempt.agent ?? agent })),
      ),
    ),
  ];
}

/** Frozen: the same for all attempts that the task will ever have. */
interface TaskAgents {
  readonly agent: AgentSpec;
  /** As asked for, each with its agent. */
  readonly variants: readonly TaskVariant[];
}

async function agentsOf(
  manager: EntityManager,
  { tasks }: CreateBatchRequest,
  { environment }: PreparedBatch,
  field: TaskField,
): Promise<TaskAgents[]> {
  const freeze = await agentFreezer(manager, environment.version);
  const frozen = (asked: AgentSpec | undefined, at: string): Promise<AgentSpec> => {
    const agent = asked ?? environment.version.agent;
    if (agent === null)
      throw fieldInvalid([{ field: at, description: 'is required: the environment has no default agent' }]);
    return freeze(agent, at);
  };
  const agents: TaskAgents[] = [];
  for (const [index, spec] of tasks.entries()) {
    const variants: TaskVariant[] = [];
    for (const [place, variant] of spec.variants.entries()) {
      const agent = await frozen(variant.agent, `${field(index)}variants[${String(place)}].agent`);
      variants.push({ ...variant, attempts: variant.attempts ?? 1, agent });
    }
    agents.push({ agent: variants[0]?.agent ?? (await frozen(spec.agent, `${field(index)}agent`)), variants });
  }
  return agents;
}

async function refuseUncountable(
  manager: EntityManager,
  { budget }: CreateBatchRequest,
  { tasks, attempts }: { readonly tasks: readonly TaskEntity[]; readonly attempts: readonly AttemptEntity[] },
  field: TaskField,
): Promise<void> {
  const agents = tasks.map((task) =>
    attempts.filter(({ taskId }) => taskId === task.id).map(({ agent }) => agent ?? task.agent),
  );
  const violations = await uncountable(manager, budget, agents.flat(), 'budget');
  for (const [index, task] of tasks.entries()) {
    const own = toBudget(task.budget);
    violations.push(...(await uncountable(manager, own, agents[index] ?? [], `${field(index)}budget`)));
  }
  if (violations.length > 0) throw fieldInvalid(violations);
}

function kindsOf({ agent, variants }: TaskAgents): string[] {
  return [agent, ...variants.flatMap((variant) => variant.agent ?? [])].map(({ kind }) => kind);
}

/** Without one the first attempt to end at all would stop the others. */
function refuseStopWithoutCheck(tasks: readonly TaskEntity[], field: TaskField): void {
  const at = tasks.findIndex(({ earlyStop, checks }) => earlyStop && checks.every(({ advisory }) => advisory));
  if (at < 0) return;
  const description = 'needs a check that is not advisory, of the task or its environment, by which an attempt can win';
  throw fieldInvalid([{ field: `${field(at)}early_stop`, description }]);
}

/** Of each attempt that is asked for: the variant it is of, and its agent where it is not the task's. */
function makersOf({ variants }: TaskEntity, attempts = 1): Pick<AttemptEntity, 'variant' | 'agent'>[] {
  if (variants.length === 0) return Array.from({ length: attempts }, () => ({ variant: '', agent: null }));
  return variants.flatMap(({ name, attempts: count, agent }) =>
    Array.from({ length: count ?? 1 }, () => ({ variant: name, agent: agent ?? null })),
  );
}

function taskRow(
  manager: EntityManager,
  batch: BatchEntity,
  {
    spec,
    position,
    agents,
    mode,
  }: {
    readonly spec: TaskSpec;
    readonly position: number;
    readonly agents: TaskAgents;
    readonly mode: TurnMode;
  },
  prepared: PreparedBatch,
): TaskEntity {
  const recipe = prepared.environment.version;
  const own = new Set(spec.checks.map((check) => check.name));
  return manager.create(TaskEntity, {
    id: newId(),
    batchId: batch.id,
    repositoryId: batch.repositoryId,
    position,
    title: taskTitle(spec),
    prompt: spec.prompt,
    mode,
    agent: agents.agent,
    checks: [...recipe.checks.filter((check) => !own.has(check.name)), ...spec.checks],
    acceptance: spec.acceptance,
    declaredPaths: spec.declaredPaths,
    budget: budgetFacts(spec.budget),
    budgetWarnTime: null,
    variants: agents.variants.map((variant) => ({ ...variant, prompt: '' })),
    variantPrompts: agents.variants.map(({ prompt }) => prompt),
    earlyStop: spec.earlyStop,
    startCommit: '',
    createTime: batch.createTime,
    endTime: null,
    revision: '1',
  });
}

/** A new attempt at a task, which nobody was told of yet. */
export function attemptRow(
  manager: EntityManager,
  task: Pick<TaskEntity, 'id' | 'batchId' | 'repositoryId' | 'agent'>,
  { attemptNumber, variant, agent }: Pick<AttemptEntity, 'attemptNumber' | 'variant' | 'agent'>,
  now: Date,
): AttemptEntity {
  const { credentialId } = agent ?? task.agent;
  return manager.create(AttemptEntity, {
    id: newId(),
    taskId: task.id,
    batchId: task.batchId,
    repositoryId: task.repositoryId,
    attemptNumber,
    variant,
    agent,
    state: 'QUEUED',
    statusDetail: '',
    statusMessage: '',
    stateSince: now,
    turn: 1,
    interruptTurn: null,
    transition: 0,
    fence: '0',
    restartCount: 0,
    stopRequested: null,
    stopMessage: '',
    runnerId: null,
    exitCode: null,
    sandbox: null,
    usage: null,
    pauseTime: null,
    keepUntilTime: null,
    budget: null,
    budgetWarnTime: null,
    changeId: null,
    reviewState: 'PENDING',
    landingId: null,
    revertedByLandingId: null,
    landingState: 'NONE',
    createTime: now,
    startTime: null,
    endTime: null,
    revision: '1',
    dispatchedAt: null,
    credentialId: credentialId === '' ? null : credentialId,
    admitTime: null,
    retryTime: null,
  });
}
