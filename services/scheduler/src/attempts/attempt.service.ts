import { Injectable } from '@nestjs/common';
import {
  CheckResult,
  type Attempt,
  type Duration,
  type ListAttemptsRequest,
  type ListAttemptsResponse,
} from '@heddle/contracts';
import { fromCanonicalJson, type JsonValue } from '@heddle/contracts/json';
import { HeddleError } from '@heddle/domain';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, In } from 'typeorm';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { requireId } from '@heddle/platform/ids';
import { AttemptDispatcher } from './attempt-dispatcher.js';
import { toAttempt } from './attempt.mapper.js';
import { requestStop } from './request-stop.js';

@Injectable()
export class AttemptService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatcher: AttemptDispatcher,
    private readonly bell: ChangeBell,
  ) {}

  async get(id: string): Promise<Attempt> {
    const [attempt] = await this.read([await this.row(id)]);
    if (attempt === undefined) throw new Error('unreachable: one attempt in, one attempt out');
    return attempt;
  }

  async row(id: string): Promise<AttemptEntity> {
    requireId(id, 'ATTEMPT_NOT_FOUND', 'attempt');
    const row = await this.dataSource.manager.findOneBy(AttemptEntity, { id });
    if (row === null) throw new HeddleError('ATTEMPT_NOT_FOUND', `There is no attempt ${id}`, { metadata: { id } });
    return row;
  }

  async list(request: ListAttemptsRequest): Promise<ListAttemptsResponse> {
    const size = pageSize(request.pageSize);
    const filters = { taskId: request.taskId, batchId: request.batchId, states: [...request.states].sort() };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(AttemptEntity, 'a')
      .orderBy('a.id', 'DESC')
      .limit(size + 1);
    if (request.taskId !== '')
      query.andWhere('a.task_id = :taskId', { taskId: requireId(request.taskId, 'TASK_NOT_FOUND', 'task') });
    if (request.batchId !== '')
      query.andWhere('a.batch_id = :batchId', { batchId: requireId(request.batchId, 'BATCH_NOT_FOUND', 'batch') });
    if (request.states.length > 0) query.andWhere('a.state IN (:...states)', { states: request.states });
    if (after !== undefined) query.andWhere('a.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      attempts: await this.read(page),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  async cancel(id: string): Promise<Attempt> {
    const row = await this.row(id);
    await requestStop(this.dataSource, [row.id]);
    this.dispatcher.poke();
    return this.get(id);
  }

  wait(id: string, timeout: Duration | undefined): Promise<Attempt> {
    return waitUntil(
      this.bell,
      id,
      timeout,
      () => this.get(id),
      (attempt) => attempt.endTime !== undefined,
    );
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

  private async read(rows: readonly AttemptEntity[]): Promise<Attempt[]> {
    if (rows.length === 0) return [];
    const { manager } = this.dataSource;
    const tasks = await manager.findBy(TaskEntity, { id: In([...new Set(rows.map((row) => row.taskId))]) });
    const batches = await manager.findBy(BatchEntity, { id: In([...new Set(rows.map((row) => row.batchId))]) });
    const taskOf = new Map(tasks.map((task) => [task.id, task]));
    const batchOf = new Map(batches.map((batch) => [batch.id, batch]));
    return rows.map((row) => {
      const task = taskOf.get(row.taskId);
      const batch = batchOf.get(row.batchId);
      if (task === undefined || batch === undefined) throw new Error(`Attempt ${row.id} has no task or batch`);
      return toAttempt(row, {
        agent: task.agent,
        environmentVersion: batch.environmentVersion,
        traceparent: batch.traceparent,
      });
    });
  }
}
