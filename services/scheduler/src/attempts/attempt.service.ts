import { Injectable } from '@nestjs/common';
import {
  Attempt,
  CheckResult,
  CreateAttemptRequest,
  type Duration,
  type ListAttemptsRequest,
  type ListAttemptsResponse,
  type RaiseAttemptBudgetRequest,
} from '@heddle/contracts';
import type { ListEvidenceResponse } from '@heddle/contracts/internal';
import { fromCanonicalJson, type JsonValue } from '@heddle/contracts/json';
import { HeddleError } from '@heddle/domain';
import { answerOnce } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { BudgetService } from '../budgets/budget.service.js';
import { spendingOf } from '../budgets/spending.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity, WITHOUT_PROMPT } from '../persistence/task.entity.js';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { requireId } from '@heddle/platform/ids';
import { AttemptDispatcher } from './attempt-dispatcher.js';
import { attemptsInPlace, readInPlace } from './attempt-rows.js';
import { toAttempt } from './attempt.mapper.js';
import { createAttempt, refuseInvalidAttempt } from './create-attempt.js';
import { requestPause } from './request-pause.js';
import { requestStop } from './request-stop.js';

@Injectable()
export class AttemptService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: AttemptDispatcher,
    private readonly budgets: BudgetService,
    private readonly bell: ChangeBell,
  ) {}

  /** @throws HeddleError as `refuseInvalidAttempt` and `createAttempt` */
  async create(request: CreateAttemptRequest): Promise<Attempt> {
    refuseInvalidAttempt(request);
    const attempt = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.AttemptService/CreateAttempt',
        requestId: request.requestId,
        request,
        requestCodec: CreateAttemptRequest,
        responseCodec: Attempt,
      },
      () => Promise.resolve(),
      (manager) => createAttempt(manager, request),
    );
    this.dispatcher.poke();
    return attempt;
  }

  async get(id: string): Promise<Attempt> {
    requireId(id, 'ATTEMPT_NOT_FOUND', 'attempt');
    const [found] = await readInPlace(attemptsInPlace(this.dataSource.manager).where('a.id = :id', { id }));
    if (found === undefined) throw notFound(id);
    const attempt = toAttempt(found.attempt, found.around);
    const { manager } = this.dataSource;
    return { ...attempt, spending: await spendingOf(manager, { kind: 'attempt', id }, attempt.budget) };
  }

  async row(id: string): Promise<AttemptEntity> {
    requireId(id, 'ATTEMPT_NOT_FOUND', 'attempt');
    const row = await this.dataSource.manager.findOneBy(AttemptEntity, { id });
    if (row === null) throw notFound(id);
    return row;
  }

  async list(request: ListAttemptsRequest): Promise<ListAttemptsResponse> {
    const size = pageSize(request.pageSize);
    const filters = { taskId: request.taskId, batchId: request.batchId, states: [...request.states].sort() };
    const after = decodePageToken(request.pageToken, filters);
    const query = attemptsInPlace(this.dataSource.manager)
      .orderBy('a.id', 'DESC')
      .limit(size + 1);
    if (request.taskId !== '')
      query.andWhere('a.task_id = :taskId', { taskId: requireId(request.taskId, 'TASK_NOT_FOUND', 'task') });
    if (request.batchId !== '')
      query.andWhere('a.batch_id = :batchId', { batchId: requireId(request.batchId, 'BATCH_NOT_FOUND', 'batch') });
    if (request.states.length > 0) query.andWhere('a.state IN (:...states)', { states: request.states });
    if (after !== undefined) query.andWhere('a.id < :after', { after });
    const rows = await readInPlace(query);
    const page = rows.slice(0, size);
    const last = page.at(-1)?.attempt;
    return {
      attempts: page.map(({ attempt, around }) => toAttempt(attempt, around)),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  async cancel(id: string): Promise<Attempt> {
    const row = await this.row(id);
    await requestStop(this.dataSource, { id: row.id });
    this.dispatcher.poke();
    return this.get(id);
  }

  /** What is so, or asked for already, stays so. @throws HeddleError ATTEMPT_NOT_RUNNING */
  async pause(id: string, paused: boolean): Promise<Attempt> {
    const row = await this.row(id);
    await requestPause(this.dataSource, row.id, paused);
    this.dispatcher.poke();
    return this.get(id);
  }

  async raiseBudget({ id, budget }: RaiseAttemptBudgetRequest): Promise<Attempt> {
    await this.row(id);
    await this.budgets.raise({ kind: 'attempt', id }, budget);
    return this.get(id);
  }

  async wait(id: string, timeout: Duration | undefined): Promise<Attempt> {
    await waitUntil(
      this.bell,
      id,
      timeout,
      () => this.row(id),
      (row) => row.endTime !== null,
    );
    return this.get(id);
  }

  /** Of the last turn, in the order in which they ran. */
  async checks(id: string): Promise<CheckResult[]> {
    const row = await this.row(id);
    const results: { result: JsonValue }[] = await this.dataSource.query(
      'SELECT result FROM check_results WHERE attempt_id = $1 AND turn = $2 ORDER BY position',
      [row.id, row.turn],
    );
    return results.map(({ result }) => fromCanonicalJson('heddle.v1.CheckResult', CheckResult, result));
  }

  /** What review has to know to judge the attempt's change. */
  async evidence(id: string): Promise<ListEvidenceResponse> {
    const checks = await this.checks(id);
    const { manager } = this.dataSource;
    const attempt = await this.row(id);
    const task = await manager.findOneOrFail(TaskEntity, { select: WITHOUT_PROMPT, where: { id: attempt.taskId } });
    const batch = await manager.findOneByOrFail(BatchEntity, { id: attempt.batchId });
    return {
      checks,
      launchedBy: batch.principal,
      acceptance: task.acceptance,
      taskChecks: task.checks,
      priority: batch.priority,
    };
  }
}

function notFound(id: string): HeddleError {
  return new HeddleError('ATTEMPT_NOT_FOUND', `There is no attempt ${id}`, { metadata: { id } });
}
