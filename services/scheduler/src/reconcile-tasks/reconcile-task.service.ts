import { Injectable } from '@nestjs/common';
import { CreateBatchRequest, type AgentSpec } from '@heddle/contracts';
import { CreateReconcileTaskRequest, CreateReconcileTaskResponse } from '@heddle/contracts/internal';
import { HeddleError, unionOfChecks } from '@heddle/domain';
import { answerOnce } from '@heddle/platform/outbox';
import { DataSource, In } from 'typeorm';
import { AttemptDispatcher } from '../attempts/attempt-dispatcher.js';
import { promptOf } from '../attempts/compose-prompt.js';
import { insertBatch, type PreparedBatch } from '../batches/insert-batch.js';
import { refuseInvalidBatch } from '../batches/validate-batch.js';
import { EnvironmentService } from '../environments/environment.service.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { reconcilePrompt } from './reconcile-prompt.js';

/** What a merge is tried with: it is there already, and nobody has to do anything. */
const NOBODY: AgentSpec = {
  kind: 'COMMAND',
  command: ['true'],
  version: '',
  model: '',
  effort: '',
  args: [],
  credentialId: '',
  mcpServers: [],
};
const MAX_TITLE = 200;

interface Prepared {
  readonly batch: CreateBatchRequest;
  readonly start: PreparedBatch;
}

/** Makes the tasks that reconcile changes, for review: each in a batch of its own, with the checks of all inputs. */
@Injectable()
export class ReconcileTaskService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly environments: EnvironmentService,
    private readonly dispatcher: AttemptDispatcher,
  ) {}

  /**
   * A repeat with the same key answers the first one's task, whatever else it says.
   * @throws HeddleError TASK_NOT_FOUND; FIELD_INVALID without an agent; REQUEST_TOO_LARGE
   */
  async create(request: CreateReconcileTaskRequest): Promise<CreateReconcileTaskResponse> {
    const answer = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.internal.v1.ReconcileTaskService/CreateReconcileTask',
        requestId: request.key,
        request: CreateReconcileTaskRequest.fromPartial({ key: request.key }),
        requestCodec: CreateReconcileTaskRequest,
        responseCodec: CreateReconcileTaskResponse,
      },
      () => this.prepare(request),
      async (manager, { batch, start }) => {
        const [task] = (await insertBatch(manager, batch, start, () => '')).tasks;
        const [attempt] = task?.attempts ?? [];
        if (task === undefined || attempt === undefined) throw new Error('unreachable: one task in, one attempt out');
        await manager.update(TaskEntity, { id: task.id }, { startCommit: request.startCommit });
        return { taskId: task.id, attemptId: attempt.id };
      },
    );
    this.dispatcher.poke();
    return answer;
  }

  private async prepare(request: CreateReconcileTaskRequest): Promise<Prepared> {
    const { manager } = this.dataSource;
    const rows = await manager.findBy(TaskEntity, { id: In(request.inputs.map(({ taskId }) => taskId)) });
    const attempts = await manager.findBy(AttemptEntity, { id: In(request.inputs.map((input) => input.attemptId)) });
    const inputs = request.inputs.map((input) => {
      const task = rows.find(({ id }) => id === input.taskId);
      if (task === undefined)
        throw new HeddleError('TASK_NOT_FOUND', `There is no task ${input.taskId}`, { metadata: { id: input.taskId } });
      const variant = attempts.find(({ id }) => id === input.attemptId)?.variant ?? '';
      return { ...input, task, prompt: promptOf(task, variant) };
    });
    const [first] = inputs;
    if (first === undefined) throw new Error('a reconciliation has inputs');
    // One sandbox has one environment: that of the first input, as that input had it.
    const of = await manager.findOneByOrFail(BatchEntity, { id: first.task.batchId });
    const environment = await this.environments.rows(of.environmentId, of.environmentVersion);
    const now = environment.version.agent === null ? await this.environments.rows(of.environmentId, 0) : environment;
    const agent = workerOf(request) ?? now.version.agent ?? agentOf(inputs, attempts);
    const batch = CreateBatchRequest.fromPartial({
      repositoryId: request.repositoryId,
      priority: of.priority,
      tasks: [
        {
          title: titleOf(inputs.map(({ title }) => title)),
          prompt: reconcilePrompt(inputs, request),
          checks: unionOfChecks(inputs.map(({ task }) => task.checks)).map(({ check }) => check),
          acceptance: [...new Set(inputs.flatMap(({ task }) => task.acceptance))],
          ...(agent === undefined ? {} : { agent }),
        },
      ],
    });
    refuseInvalidBatch(batch, () => '');
    return {
      batch,
      start: {
        repositoryId: request.repositoryId,
        ref: request.targetBranch === '' ? request.baseCommit : request.targetBranch,
        sourceBranch: request.targetBranch,
        baseCommit: request.baseCommit,
        environment,
      },
    };
  }
}

/** Who is asked for; undefined: nobody is. */
function workerOf({ mergeOnly, command, agent }: CreateReconcileTaskRequest): AgentSpec | undefined {
  if (mergeOnly) return NOBODY;
  return command.length === 0 ? agent : { ...NOBODY, command };
}

/** The first that made one of the inputs and reads what it is told; a program does what it does. */
function agentOf(
  inputs: readonly { readonly attemptId: string; readonly task: TaskEntity }[],
  attempts: readonly AttemptEntity[],
): AgentSpec | undefined {
  return inputs
    .map(({ attemptId, task }) => attempts.find(({ id }) => id === attemptId)?.agent ?? task.agent)
    .find(({ kind }) => kind !== 'COMMAND');
}

function titleOf(titles: readonly string[]): string {
  const title = `Reconcile: ${titles.join(' + ')}`;
  return title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 1)}…` : title;
}
