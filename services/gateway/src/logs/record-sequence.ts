import type { AgentActivity, LogLine } from '@heddle/contracts';
import type { LogBatch } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';

/** What of a batch a reader does not have yet. */
export interface FreshRecords {
  readonly lines: readonly LogLine[];
  readonly activities: readonly AgentActivity[];
}

/** Keeps one reader's place by the numbers of records: repeats are dropped, gaps are never passed over. */
export class RecordSequence {
  constructor(private last: number) {}

  /** @throws HeddleError CURSOR_EXPIRED if records before the batch are missing */
  take(batch: Pick<LogBatch, 'first' | 'last' | 'lines' | 'activities'>): FreshRecords {
    const first = Number(batch.first);
    const end = Number(batch.last);
    if (end <= this.last) return { lines: [], activities: [] };
    if (first > this.last + 1) {
      throw new HeddleError(
        'CURSOR_EXPIRED',
        `Lines ${this.last + 1} to ${first - 1} are no longer kept; read on with after_sequence ${first - 1}`,
        {
          metadata: { firstSequence: String(first) },
        },
      );
    }
    const isFresh = ({ sequence }: { readonly sequence: string }): boolean => Number(sequence) > this.last;
    const fresh = { lines: batch.lines.filter(isFresh), activities: batch.activities.filter(isFresh) };
    this.last = end;
    return fresh;
  }
}
