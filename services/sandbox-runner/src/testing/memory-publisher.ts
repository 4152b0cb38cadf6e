import type { AgentActivity, LogLine } from '@heddle/contracts';
import type { LogBatch } from '@heddle/contracts/internal';
import type { LogPosition, PublishOutcome } from '../runner/logs/log-publisher.js';

/** Log subjects in memory, with JetStream's rule of one writer. */
export class MemoryPublisher {
  readonly subjects = new Map<string, LogBatch[]>();
  /** Set to let calls fail, before or after the batch is stored. */
  fault: 'none' | 'refuse' | 'lose-answer' = 'none';

  /** Lines of one owner that are kept; of what comes after them only the numbers are. */
  mostLines = Number.POSITIVE_INFINITY;
  private waiting: () => void = () => undefined;

  position(ownerId: string): Promise<LogPosition> {
    if (this.fault === 'refuse') return Promise.reject(new Error('JetStream is away'));
    const batches = this.subjects.get(ownerId) ?? [];
    return Promise.resolve({ lastMessage: batches.length, batch: batches.at(-1) });
  }

  publish(ownerId: string, batch: LogBatch, lastMessage: number): Promise<PublishOutcome> {
    if (this.fault === 'refuse') return Promise.reject(new Error('JetStream is away'));
    const batches = this.subjects.get(ownerId) ?? [];
    if (batches.length !== lastMessage) return Promise.resolve({ kind: 'MOVED' });
    const isFull = Number(batches.at(-1)?.last ?? 0) >= this.mostLines;
    batches.push(isFull ? { ...batch, lines: [], activities: [] } : batch);
    this.subjects.set(ownerId, batches);
    this.waiting();
    if (this.fault === 'lose-answer') {
      this.fault = 'none';
      return Promise.reject(new Error('the answer was lost'));
    }
    return Promise.resolve({ kind: 'STORED', lastMessage: batches.length });
  }

  lines(ownerId: string): LogLine[] {
    return (this.subjects.get(ownerId) ?? []).flatMap((batch) => batch.lines);
  }

  activities(ownerId: string): AgentActivity[] {
    return (this.subjects.get(ownerId) ?? []).flatMap((batch) => batch.activities);
  }

  /** Resolves once so many records are stored. */
  published(ownerId: string, count: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = () => {
        if (Number(this.subjects.get(ownerId)?.at(-1)?.last ?? 0) >= count) resolve();
      };
      this.waiting();
    });
  }

  texts(ownerId: string): string[] {
    return this.lines(ownerId).map((line) => line.text);
  }

  hasEnded(ownerId: string): boolean {
    return this.subjects.get(ownerId)?.at(-1)?.end === true;
  }
}
