import { Injectable } from '@nestjs/common';
import {
  Forecast,
  SuggestSplitRequest,
  type ListForecastsRequest,
  type ListForecastsResponse,
} from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { newId, requireId } from '@heddle/platform/ids';
import { answerOnce } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { RepositorySyncService } from '../git-store/repository-sync.service.js';
import { ForecastScorer } from './forecast-scorer.js';
import { ForecastEntity } from './forecast.entity.js';
import { toForecast, toForecastSummary } from './forecast.mapper.js';
import { PlanLookup } from './plan-lookup.js';
import { refuseInvalidPlan } from './validate-plan.js';

/** What planned tasks will have in common, before anybody begins. */
@Injectable()
export class ForecastService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repositories: RepositorySyncService,
    private readonly lookup: PlanLookup,
    private readonly scorer: ForecastScorer,
  ) {}

  /** @throws HeddleError FIELD_INVALID, REPOSITORY_NOT_FOUND, REF_NOT_FOUND */
  suggestSplit(request: SuggestSplitRequest): Promise<Forecast> {
    refuseInvalidPlan(request);
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.BatchService/SuggestSplit',
        requestId: request.requestId,
        request,
        requestCodec: SuggestSplitRequest,
        responseCodec: Forecast,
      },
      () => this.foretell(request),
      async (manager, foretold) => {
        const row = manager.create(ForecastEntity, { ...foretold, id: newId(), createTime: new Date() });
        await manager.insert(ForecastEntity, row);
        return toForecast(row, { batchId: undefined, levels: [], settled: false });
      },
    );
  }

  /** @throws HeddleError FORECAST_NOT_FOUND */
  async get(id: string): Promise<Forecast> {
    requireId(id, 'FORECAST_NOT_FOUND', 'forecast');
    const row = await this.dataSource.manager.findOneBy(ForecastEntity, { id });
    if (row === null) throw new HeddleError('FORECAST_NOT_FOUND', `There is no forecast ${id}`, { metadata: { id } });
    return toForecast(row, await this.scorer.of(row));
  }

  async list(request: ListForecastsRequest): Promise<ListForecastsResponse> {
    const size = pageSize(request.pageSize);
    const filters = { repositoryId: request.repositoryId };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(ForecastEntity, 'f')
      .orderBy('f.id', 'DESC')
      .limit(size + 1);
    if (request.repositoryId !== '')
      query.andWhere('f.repository_id = :repositoryId', {
        repositoryId: requireId(request.repositoryId, 'REPOSITORY_NOT_FOUND', 'repository'),
      });
    if (after !== undefined) query.andWhere('f.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const forecasts: Forecast[] = [];
    // One after the other: most are settled, and for those nobody is asked.
    for (const row of page) forecasts.push(toForecastSummary(row, await this.scorer.of(row)));
    return {
      forecasts,
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  private async foretell(request: SuggestSplitRequest): Promise<Omit<ForecastEntity, 'id' | 'createTime'>> {
    const { repositoryId } = request;
    const { commit, branch } = await this.repositories.resolve({ repositoryId, ref: request.ref });
    const { tasks, pairs, complete } = await this.lookup.look(repositoryId, commit, request.tasks);
    return {
      repositoryId,
      ref: request.ref === '' ? branch : request.ref,
      baseCommit: commit,
      tasks: [...tasks],
      pairs: [...pairs],
      complete,
      principal: requestContext.get()?.principal ?? '',
      batchId: null,
      settledLevels: null,
    };
  }
}
