import type { ReadActivity } from '@heddle/agents';
import type { AgentActivity, LogLine } from '@heddle/contracts';
import { mapStrings } from './map-strings.js';

/** The records of the next batch, numbered in one sequence. */
export class LogBatchDraft {
  readonly lines: LogLine[] = [];
  readonly activities: AgentActivity[] = [];

  constructor(
    /** Sequence of the record before the first. */
    private readonly before: number,
  ) {}

  get count(): number {
    return this.lines.length + this.activities.length;
  }

  addLine(line: Omit<LogLine, 'sequence'>): void {
    this.lines.push({ ...line, sequence: this.next() });
  }

  /** Read from the line that was added last. */
  addActivity(activity: ReadActivity, turn: number, mask: (text: string) => string): void {
    this.activities.push({
      ...mapStrings(activity, mask),
      sequence: this.next(),
      time: new Date(),
      turn,
      lineSequence: this.lines.at(-1)?.sequence ?? '0',
    });
  }

  private next(): string {
    return String(this.before + this.count + 1);
  }
}
