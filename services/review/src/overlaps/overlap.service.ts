import { Injectable } from '@nestjs/common';
import { OverlapPair_Level, type ListOverlapsRequest, type ListOverlapsResponse } from '@heddle/contracts';
import { fieldInvalid, OVERLAP_LEVELS, type OverlapLevel } from '@heddle/domain';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { requireId } from '@heddle/platform/ids';
import { toOverlapPair } from './overlap.mapper.js';
import { OverlapPairEntity } from './overlap-pair.entity.js';
import { countPendingPairs } from './pending-pairs.js';

@Injectable()
export class OverlapService {
  constructor(private readonly dataSource: DataSource) {}

  /** The strongest first; of a batch, or of what one change or attempt overlaps with. */
  async list(request: ListOverlapsRequest): Promise<ListOverlapsResponse> {
    const size = pageSize(request.pageSize);
    const { batchId, changeId, attemptId } = request;
    const filters = { batchId, changeId, attemptId, minLevel: request.minLevel };
    const after = decodePageToken(request.pageToken, filters);
    // Asked before the pairs: where nothing is pending, all pairs are there to be read.
    const query = this.scoped(request);
    const pendingPairs = await this.pending(request);
    const minRank = OVERLAP_LEVELS.indexOf(minLevel(request.minLevel));
    query.andWhere('p.rank >= :minRank', { minRank });
    if (after !== undefined) {
      const [rank, id] = after.split(' ');
      query.andWhere('(p.rank < :rank OR (p.rank = :rank AND p.id > :id))', { rank, id });
    }
    const rows = await query
      .orderBy('p.rank', 'DESC')
      .addOrderBy('p.id', 'ASC')
      .limit(size + 1)
      .getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const computed = await this.scoped(request)
      .select('max(p.compute_time)', 'time')
      .getRawOne<{ time: Date | null }>();
    return {
      pairs: page.map(toOverlapPair),
      pendingPairs,
      computeTime: computed?.time ?? undefined,
      nextPageToken:
        rows.length > size && last !== undefined ? encodePageToken(`${String(last.rank)} ${last.id}`, filters) : '',
    };
  }

  private scoped({ batchId, changeId, attemptId }: ListOverlapsRequest): SelectQueryBuilder<OverlapPairEntity> {
    if (batchId === '' && changeId === '' && attemptId === '') {
      throw fieldInvalid([{ field: 'batch_id', description: 'is required, or change_id, or attempt_id' }]);
    }
    const query = this.dataSource.manager.createQueryBuilder(OverlapPairEntity, 'p').where('TRUE');
    if (batchId !== '')
      query.andWhere('p.batch_id = :batchId', { batchId: requireId(batchId, 'BATCH_NOT_FOUND', 'batch') });
    if (changeId !== '')
      query.andWhere(':changeId IN (p.change_a, p.change_b)', {
        changeId: requireId(changeId, 'CHANGE_NOT_FOUND', 'change'),
      });
    if (attemptId !== '')
      query.andWhere(':attemptId IN (p.attempt_a, p.attempt_b)', {
        attemptId: requireId(attemptId, 'ATTEMPT_NOT_FOUND', 'attempt'),
      });
    return query;
  }

  private async pending({ batchId, changeId, attemptId }: ListOverlapsRequest): Promise<number> {
    const { manager } = this.dataSource;
    if (changeId === '' && attemptId === '') return countPendingPairs(manager, [batchId]);
    const change = await manager.findOneBy(ChangeEntity, changeId !== '' ? { id: changeId } : { attemptId });
    return change === null ? 0 : countPendingPairs(manager, [change.batchId], change.id);
  }
}

function minLevel(level: OverlapPair_Level): OverlapLevel {
  return level === OverlapPair_Level.LEVEL_UNSPECIFIED ? 'FILE' : level;
}
