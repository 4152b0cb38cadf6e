import { Injectable } from '@nestjs/common';
import {
  CancelReconciliationRequest,
  CreateReconciliationRequest,
  Reconciliation,
  Reconciliation_State,
  type Duration,
  type ListReconciliationsRequest,
  type ListReconciliationsResponse,
} from '@heddle/contracts';
import { agentKindViolation, fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { newId, requireId } from '@heddle/platform/ids';
import { answerOnce, appendEvent } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { DataSource, In, type EntityManager } from 'typeorm';
import type { ChangeEntity } from '../changes/change.entity.js';
import { ReconciliationDriver } from './reconciliation-driver.js';
import { ReconciliationEntity, ReconciliationInputEntity } from './reconciliation.entity.js';
import { readInputs } from './reconciliation-inputs.js';
import { reconciliationJson, toReconciliation } from './reconciliation.mapper.js';
import { ReconciliationPlanner, type ReconciliationBase } from './reconciliation-planner.js';
import { ReconciliationReport } from './reconciliation-report.js';
import { inputsOf, lockReconciliation, moveReconciliation } from './reconciliation-rows.js';

const MAX_INSTRUCTIONS_BYTES = 64 * 1024;

/** What was asked of git before the transaction. */
interface Prepared {
  readonly order: readonly ChangeEntity[];
  readonly base: ReconciliationBase;
}

@Injectable()
export class ReconciliationService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly planner: ReconciliationPlanner,
    private readonly driver: ReconciliationDriver,
    private readonly report: ReconciliationReport,
    private readonly bell: ChangeBell,
  ) {}

  /** @throws HeddleError as `readInputs` */
  async create(request: CreateReconciliationRequest): Promise<Reconciliation> {
    if (Buffer.byteLength(request.instructions) > MAX_INSTRUCTIONS_BYTES)
      throw fieldInvalid([{ field: 'instructions', description: 'must be at most 64 KiB' }]);
    const unknown = request.agent === undefined ? undefined : agentKindViolation(request.agent.kind, 'agent');
    if (unknown !== undefined) throw fieldInvalid([unknown]);
    const made = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.ReconciliationService/CreateReconciliation',
        requestId: request.requestId,
        request,
        requestCodec: CreateReconciliationRequest,
        responseCodec: Reconciliation,
      },
      () => this.prepare(request),
      (manager, prepared) => insert(manager, request, prepared),
    );
    this.driver.poke();
    return made;
  }

  /**
   * As `create`, for the platform itself and under this id: where there is one already, it stays as it is.
   * @throws HeddleError as `readInputs`; REF_NOT_FOUND, REPOSITORY_UNREACHABLE
   */
  async make(id: string, request: CreateReconciliationRequest): Promise<void> {
    const prepared = await this.prepare(request);
    await this.dataSource.transaction(async (manager) => {
      if (!(await manager.existsBy(ReconciliationEntity, { id }))) await insert(manager, request, prepared, id);
    });
    this.driver.poke();
  }

  /** @throws HeddleError RECONCILIATION_NOT_FOUND */
  async get(id: string): Promise<Reconciliation> {
    requireId(id, 'RECONCILIATION_NOT_FOUND', 'reconciliation');
    const { manager } = this.dataSource;
    const row = await manager.findOneBy(ReconciliationEntity, { id });
    if (row === null)
      throw new HeddleError('RECONCILIATION_NOT_FOUND', `There is no reconciliation ${id}`, { metadata: { id } });
    const inputs = await inputsOf(manager, id);
    return toReconciliation(row, inputs, await this.report.of(row, inputs));
  }

  async list(request: ListReconciliationsRequest): Promise<ListReconciliationsResponse> {
    const size = pageSize(request.pageSize);
    const { repositoryId, changeId } = request;
    const filters = { repositoryId, changeId, states: [...request.states].sort() };
    const after = decodePageToken(request.pageToken, filters);
    const { manager } = this.dataSource;
    const query = manager
      .createQueryBuilder(ReconciliationEntity, 'r')
      .orderBy('r.id', 'DESC')
      .limit(size + 1);
    if (repositoryId !== '')
      query.andWhere('r.repository_id = :repositoryId', {
        repositoryId: requireId(repositoryId, 'REPOSITORY_NOT_FOUND', 'repository'),
      });
    if (changeId !== '')
      query.andWhere(
        '(r.change_id = :changeId OR EXISTS (SELECT 1 FROM reconciliation_inputs i WHERE i.reconciliation_id = r.id AND i.change_id = :changeId))',
        { changeId: requireId(changeId, 'CHANGE_NOT_FOUND', 'change') },
      );
    if (request.states.length > 0) query.andWhere('r.state IN (:...states)', { states: request.states });
    if (after !== undefined) query.andWhere('r.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const inputs = await manager.findBy(ReconciliationInputEntity, { reconciliationId: In(page.map(({ id }) => id)) });
    return {
      reconciliations: page.map((row) =>
        toReconciliation(
          row,
          inputs.filter(({ reconciliationId }) => reconciliationId === row.id),
        ),
      ),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  async cancel(request: CancelReconciliationRequest): Promise<Reconciliation> {
    const cancelled = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.ReconciliationService/CancelReconciliation',
        requestId: request.requestId,
        request,
        requestCodec: CancelReconciliationRequest,
        responseCodec: Reconciliation,
      },
      () => this.get(request.id),
      async (manager, { id }) => {
        const row = await lockReconciliation(manager, id);
        if (row.state === 'SUCCEEDED' || row.state === 'FAILED')
          throw new HeddleError('RECONCILIATION_ENDED', `The reconciliation is ${row.state}`, {
            metadata: { id, state: row.state },
          });
        if (row.state !== 'CANCELLED')
          await moveReconciliation(manager, row, 'CANCELLED', {
            reason: 'CANCELLED_BY_USER',
            message: '',
            stopUntold: row.taskId !== null,
          });
        return toReconciliation(row, await inputsOf(manager, id));
      },
    );
    this.driver.poke();
    this.bell.ring(cancelled.id);
    return cancelled;
  }

  wait(id: string, timeout: Duration | undefined): Promise<Reconciliation> {
    return waitUntil(
      this.bell,
      id,
      timeout,
      () => this.get(id),
      ({ endTime, state }) => endTime !== undefined || state === Reconciliation_State.WAITING_FOR_USER,
    );
  }

  private async prepare(request: CreateReconciliationRequest): Promise<Prepared> {
    const changes = await readInputs(this.dataSource.manager, request);
    const base = await this.planner.base(changes, request);
    return { base, order: request.keepOrder ? changes : await this.planner.suggest(changes) };
  }
}

async function insert(
  manager: EntityManager,
  request: CreateReconciliationRequest,
  { order, base }: Prepared,
  id = newId(),
): Promise<Reconciliation> {
  const context = requestContext.get();
  const row = manager.create(ReconciliationEntity, {
    id,
    repositoryId: order[0]?.repositoryId ?? '',
    branch: base.branch,
    baseCommit: base.commit,
    state: 'QUEUED',
    reason: '',
    message: '',
    step: 'MERGE',
    rungs: [],
    rung: 0,
    notes: [],
    instructions: request.instructions,
    agent: request.agent ?? null,
    startCommit: null,
    taskId: null,
    attemptId: null,
    changeId: null,
    failed: '',
    stopUntold: false,
    principal: context?.principal ?? '',
    traceparent: context?.traceparent ?? '',
    createTime: new Date(),
    endTime: null,
    revision: '1',
  });
  const inputs = order.map((change, position) =>
    manager.create(ReconciliationInputEntity, {
      reconciliationId: row.id,
      position,
      changeId: change.id,
      attemptId: change.attemptId,
      taskId: change.taskId,
      title: change.title,
      baseCommit: change.baseCommit,
      headCommit: change.headCommit,
      merged: false,
      conflicts: [],
    }),
  );
  await manager.insert(ReconciliationEntity, row);
  await manager.insert(ReconciliationInputEntity, inputs);
  await appendEvent(manager, {
    aggregate: 'reconciliation',
    id: row.id,
    version: 1,
    type: 'reconciliation.queued',
    data: reconciliationJson(row, inputs),
    traceparent: row.traceparent,
  });
  return toReconciliation(row, inputs);
}
