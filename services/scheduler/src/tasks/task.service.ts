import { Injectable } from '@nestjs/common';
import {
  CreateBatchRequest,
  CreateTaskRequest,
  Task,
  type Duration,
  type ListTasksRequest,
  type ListTasksResponse,
  type RaiseTaskBudgetRequest,
} from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, In } from 'typeorm';
import { AttemptDispatcher } from '../attempts/attempt-dispatcher.js';
import { requestStop } from '../attempts/request-stop.js';
import { BatchService } from '../batches/batch.service.js';
import { insertBatch } from '../batches/insert-batch.js';
import { refuseInvalidBatch } from '../batches/validate-batch.js';
import { BudgetService } from '../budgets/budget.service.js';
import { spendingOf } from '../budgets/spending.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity, WITHOUT_PROMPT, type TaskSummary } from '../persistence/task.entity.js';
import { answerOnce } from '@heddle/platform/outbox';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { groupBy } from '../shared/group-by.js';
import { requireId } from '@heddle/platform/ids';
import { toTask } from './task.mapper.js';

@Injectable()
export class TaskService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly batches: BatchService,
    private readonly dispatcher: AttemptDispatcher,
    private readonly budgets: BudgetService,
    private readonly bell: ChangeBell,
  ) {}

  /** One task in a batch of its own. */
  async create(request: CreateTaskRequest): Promise<Task> {
    const { repositoryId, ref, environmentId, environmentVersion, priority, requestId, batchId, ...spec } = request;
    if (batchId !== '') {
      throw new HeddleError('NOT_AVAILABLE', 'A task cannot join a batch yet; leave out batchId', {
        metadata: { field: 'batch_id' },
      });
    }
    const asBatch = CreateBatchRequest.fromPartial({
      repositoryId,
      ref,
      environmentId,
      environmentVersion,
      priority,
      tasks: [spec],
    });
    refuseInvalidBatch(asBatch, () => '');
    const task = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.TaskService/CreateTask',
        requestId,
        request,
        requestCodec: CreateTaskRequest,
        responseCodec: Task,
      },
      () => this.batches.prepare(asBatch),
      async (manager, prepared) => {
        const [task] = (await insertBatch(manager, asBatch, prepared, () => '')).tasks;
        if (task === undefined) throw new Error('unreachable: one task in, one task out');
        const variants = task.variants.map((each, at) => ({ ...each, prompt: spec.variants[at]?.prompt ?? '' }));
        return { ...task, prompt: spec.prompt, variants };
      },
    );
    this.dispatcher.poke();
    return task;
  }

  async get(id: string): Promise<Task> {
    const row = await this.row(id);
    const { manager } = this.dataSource;
    const batch = await manager.findOneByOrFail(BatchEntity, { id: row.batchId });
    const task = toTask(row, batch, await manager.findBy(AttemptEntity, { taskId: id }), row);
    return { ...task, spending: await spendingOf(manager, { kind: 'task', id }, task.budget) };
  }

  async list(request: ListTasksRequest): Promise<ListTasksResponse> {
    const size = pageSize(request.pageSize);
    const filters = { batchId: request.batchId, repositoryId: request.repositoryId };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(TaskEntity, 't')
      .select(Object.keys(WITHOUT_PROMPT).map((column) => `t.${column}`))
      .orderBy('t.id', 'DESC')
      .limit(size + 1);
    if (request.batchId !== '') {
      query.andWhere('t.batch_id = :batchId', { batchId: requireId(request.batchId, 'BATCH_NOT_FOUND', 'batch') });
    }
    if (request.repositoryId !== '') {
      const repositoryId = requireId(request.repositoryId, 'REPOSITORY_NOT_FOUND', 'repository');
      query.andWhere('t.repository_id = :repositoryId', { repositoryId });
    }
    if (after !== undefined) query.andWhere('t.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      tasks: await this.read(page),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  async cancel(id: string): Promise<Task> {
    const row = await this.row(id);
    await requestStop(this.dataSource, { taskId: row.id });
    this.dispatcher.poke();
    return this.get(id);
  }

  async raiseBudget({ id, budget }: RaiseTaskBudgetRequest): Promise<Task> {
    await this.row(id);
    await this.budgets.raise({ kind: 'task', id }, budget);
    return this.get(id);
  }

  async wait(id: string, timeout: Duration | undefined): Promise<Task> {
    await waitUntil(
      this.bell,
      id,
      timeout,
      () => this.row(id),
      (row) => row.endTime !== null,
    );
    return this.get(id);
  }

  private async row(id: string): Promise<TaskEntity> {
    requireId(id, 'TASK_NOT_FOUND', 'task');
    const row = await this.dataSource.manager.findOneBy(TaskEntity, { id });
    if (row === null) throw new HeddleError('TASK_NOT_FOUND', `There is no task ${id}`, { metadata: { id } });
    return row;
  }

  private async read(rows: readonly TaskSummary[]): Promise<Task[]> {
    if (rows.length === 0) return [];
    const { manager } = this.dataSource;
    const batches = await manager.findBy(BatchEntity, { id: In([...new Set(rows.map((row) => row.batchId))]) });
    const batchOf = new Map(batches.map((batch) => [batch.id, batch]));
    const attempts = groupBy(
      await manager.findBy(AttemptEntity, { taskId: In(rows.map((row) => row.id)) }),
      (attempt) => attempt.taskId,
    );
    return rows.map((row) => {
      const batch = batchOf.get(row.batchId);
      if (batch === undefined) throw new Error(`Task ${row.id} has no batch`);
      return toTask(row, batch, attempts.get(row.id) ?? []);
    });
  }
}
