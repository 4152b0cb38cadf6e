import { Inject, Injectable } from '@nestjs/common';
import {
  Batch,
  CreateBatchRequest,
  type Duration,
  type ListBatchesRequest,
  type ListBatchesResponse,
  type RaiseBatchBudgetRequest,
} from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { requireId } from '@heddle/platform/ids';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { AttemptDispatcher } from '../attempts/attempt-dispatcher.js';
import { requestStop } from '../attempts/request-stop.js';
import { BudgetService } from '../budgets/budget.service.js';
import { spendingOf } from '../budgets/spending.js';
import { EnvironmentService } from '../environments/environment.service.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { RepositoryService } from '../repositories/repository.service.js';
import { answerOnce } from '@heddle/platform/outbox';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { FORECASTS, GIT_STORE, type Forecasts, type GitStore } from '../shared/tokens.js';
import { batchRow, readBatch, readStandings } from './batch-rows.js';
import { toBatch, toFullBatch } from './batch.mapper.js';
import { insertBatch, type PreparedBatch } from './insert-batch.js';
import { requireForecast } from './require-forecast.js';
import { refuseInvalidBatch } from './validate-batch.js';

const RESOLVE_MS = 60_000;

/** What work starts from. */
type WorkStart = Pick<CreateBatchRequest, 'repositoryId' | 'ref' | 'environmentId' | 'environmentVersion'>;

@Injectable()
export class BatchService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repositories: RepositoryService,
    private readonly environments: EnvironmentService,
    private readonly dispatcher: AttemptDispatcher,
    private readonly budgets: BudgetService,
    private readonly bell: ChangeBell,
    @Inject(GIT_STORE) private readonly gitStore: GitStore,
    @Inject(FORECASTS) private readonly forecasts: Forecasts,
  ) {}

  async create(request: CreateBatchRequest): Promise<Batch> {
    refuseInvalidBatch(request);
    const batch = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.BatchService/CreateBatch',
        requestId: request.requestId,
        request,
        requestCodec: CreateBatchRequest,
        responseCodec: Batch,
      },
      async () => {
        const prepared = await this.prepare(request);
        await requireForecast(this.forecasts, request, prepared.repositoryId);
        return prepared;
      },
      (manager, prepared) => insertBatch(manager, request, prepared),
    );
    this.dispatcher.poke();
    return batch;
  }

  /** The base is resolved once, here, and frozen. */
  async prepare(request: WorkStart): Promise<PreparedBatch> {
    const repository = await this.repositories.row(request.repositoryId);
    if (repository.state !== 'ACTIVE') {
      throw new HeddleError(
        'REPOSITORY_SYNCING',
        `The repository ${repository.name} is not ready: ${repository.state}`,
        {
          metadata: { id: repository.id, state: repository.state },
        },
      );
    }
    const environment = await this.environments.rows(
      request.environmentId === '' ? repository.defaultEnvironmentId : request.environmentId,
      request.environmentVersion,
    );
    const resolved = await this.gitStore.resolveCommit(
      { repositoryId: repository.id, ref: request.ref },
      { deadlineMs: RESOLVE_MS },
    );
    return {
      repositoryId: repository.id,
      ref: request.ref === '' ? resolved.branch : request.ref,
      sourceBranch: resolved.branch,
      baseCommit: resolved.commit,
      environment,
    };
  }

  async get(id: string): Promise<Batch> {
    const batch = toFullBatch(await readBatch(this.dataSource.manager, id));
    return { ...batch, spending: await spendingOf(this.dataSource.manager, { kind: 'batch', id }, batch.budget) };
  }

  async list(request: ListBatchesRequest): Promise<ListBatchesResponse> {
    const size = pageSize(request.pageSize);
    const { repositoryId, forecastId } = request;
    const filters = { repositoryId, forecastId };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(BatchEntity, 'b')
      .orderBy('b.id', 'DESC')
      .limit(size + 1);
    if (repositoryId !== '') {
      await this.repositories.row(repositoryId);
      query.andWhere('b.repository_id = :repositoryId', { repositoryId });
    }
    if (forecastId !== '')
      query.andWhere('b.forecast_id = :forecastId', {
        forecastId: requireId(forecastId, 'FORECAST_NOT_FOUND', 'forecast'),
      });
    if (after !== undefined) query.andWhere('b.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const standings = await readStandings(
      this.dataSource.manager,
      page.map((row) => row.id),
    );
    return {
      batches: page.map((row) => toBatch(row, standings.get(row.id) ?? [])),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  /** Ended attempts stay as they are; cancelling twice is no error. */
  async cancel(id: string): Promise<Batch> {
    const batch = await batchRow(this.dataSource.manager, id);
    await requestStop(this.dataSource, { batchId: batch.id });
    this.dispatcher.poke();
    return this.get(id);
  }

  async raiseBudget({ id, budget }: RaiseBatchBudgetRequest): Promise<Batch> {
    await batchRow(this.dataSource.manager, id);
    await this.budgets.raise({ kind: 'batch', id }, budget);
    return this.get(id);
  }

  async wait(id: string, timeout: Duration | undefined): Promise<Batch> {
    await waitUntil(
      this.bell,
      id,
      timeout,
      () => batchRow(this.dataSource.manager, id),
      (batch) => batch.endTime !== null,
    );
    return this.get(id);
  }
}
