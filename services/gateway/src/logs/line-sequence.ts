import type { LogLine } from '@heddle/contracts';
import type { LogBatch } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';

/** Keeps one reader's place by line numbers: repeats are dropped, gaps are never passed over. */
export class LineSequence {
  constructor(private last: number) {}

  /** The lines of a batch that this reader does not have. @throws HeddleError CURSOR_EXPIRED if lines before it are missing */
  take(batch: Pick<LogBatch, 'first' | 'last' | 'lines'>): LogLine[] {
    const first = Number(batch.first);
    const end = Number(batch.last);
    if (end <= this.last) return [];
    if (first > this.last + 1) {
      throw new HeddleError(
        'CURSOR_EXPIRED',
        `Lines ${this.last + 1} to ${first - 1} are no longer kept; read on with after_sequence ${first - 1}`,
        {
          metadata: { firstSequence: String(first) },
        },
      );
    }
    const fresh = batch.lines.filter((line) => Number(line.sequence) > this.last);
    this.last = end;
    return fresh;
  }
}
