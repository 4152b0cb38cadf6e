import { Inject, Injectable } from '@nestjs/common';
import type { Batch } from '@heddle/contracts';
import { strongest, type OverlapLevel } from '@heddle/domain';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { countPendingPairs } from '../overlaps/pending-pairs.js';
import { BATCHES, type Batches } from '../shared/tokens.js';
import { ForecastEntity } from './forecast.entity.js';

/** What came of a forecast. */
export interface ForecastOutcome {
  /** Undefined: nobody launched a batch with it. */
  readonly batchId: string | undefined;
  /** In the order of the forecast's pairs; null where it is not known. */
  readonly levels: readonly (OverlapLevel | null)[];
  /** It stays so. */
  readonly settled: boolean;
}

const DEADLINE_MS = 10_000;
const MAX_BATCHES = 200;

/** Holds forecasts against what the changes of their batches have in common. */
@Injectable()
export class ForecastScorer {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(BATCHES) private readonly batches: Batches,
  ) {}

  /** As it stands; once the batch has ended and all is compared, as it was then. */
  async of(forecast: ForecastEntity): Promise<ForecastOutcome> {
    if (forecast.batchId !== null && forecast.settledLevels !== null)
      return { batchId: forecast.batchId, levels: forecast.settledLevels, settled: true };
    const batch = await this.firstBatch(forecast.id);
    if (batch === undefined) return { batchId: undefined, levels: forecast.pairs.map(() => null), settled: false };
    const { manager } = this.dataSource;
    // Asked before the pairs: where nothing is pending, all pairs are there to be read.
    const settled = batch.endTime !== undefined && (await countPendingPairs(manager, [batch.id])) === 0;
    const levels = await levelsOf(manager, batch, forecast);
    if (settled)
      await manager.update(
        ForecastEntity,
        { id: forecast.id, batchId: IsNull() },
        { batchId: batch.id, settledLevels: levels },
      );
    return { batchId: batch.id, levels, settled };
  }

  private async firstBatch(forecastId: string): Promise<Batch | undefined> {
    const { batches } = await this.batches.listBatches(
      { forecastId, repositoryId: '', pageSize: MAX_BATCHES, pageToken: '' },
      { deadlineMs: DEADLINE_MS },
    );
    const first = batches.at(-1);
    return first === undefined ? undefined : this.batches.getBatch({ id: first.id }, { deadlineMs: DEADLINE_MS });
  }
}

async function levelsOf(
  manager: EntityManager,
  batch: Batch,
  { pairs }: ForecastEntity,
): Promise<(OverlapLevel | null)[]> {
  const changed = await manager.find(ChangeEntity, {
    where: { batchId: batch.id, empty: false },
    select: { id: true, taskId: true },
  });
  const withChange = new Set(changed.map(({ taskId }) => taskId));
  const rows: { a: string; b: string; level: OverlapLevel }[] = await manager.query(
    `SELECT a.task_id AS a, b.task_id AS b, p.level FROM overlap_pairs p
     JOIN changes a ON a.id = p.change_a AND a.head_commit = p.head_a
     JOIN changes b ON b.id = p.change_b AND b.head_commit = p.head_b
     WHERE p.batch_id = $1 AND p.basis = 'EXACT'`,
    [batch.id],
  );
  const found = new Map<string, OverlapLevel[]>();
  for (const { a, b, level } of rows) {
    const key = pairKey(a, b);
    found.set(key, [...(found.get(key) ?? []), level]);
  }
  return pairs.map(({ a, b }) => {
    const [one, other] = [batch.tasks[a]?.id ?? '', batch.tasks[b]?.id ?? ''];
    const levels = found.get(pairKey(one, other));
    return levels === undefined || !withChange.has(one) || !withChange.has(other) ? null : strongest(levels);
  });
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
