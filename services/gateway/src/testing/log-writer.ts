import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { LogLine, LogLine_Phase, LogLine_Stream, SUBJECTS } from '@heddle/contracts';
import { LogBatch } from '@heddle/contracts/internal';

/** Writes a log as a runner does: numbered lines in batches, one writer per subject. */
export class LogWriter {
  private last = 0;
  private fence = 1;

  constructor(
    private readonly nc: NatsConnection,
    readonly id: string,
  ) {}

  /** @param lines texts, or lines with more than a text */
  async write(lines: readonly (string | Partial<LogLine>)[], end = false): Promise<void> {
    const first = this.last + 1;
    const numbered = lines.map((line, index) =>
      LogLine.fromPartial({
        stream: LogLine_Stream.STDOUT,
        phase: LogLine_Phase.AGENT,
        time: new Date(1_700_000_000_000),
        ...(typeof line === 'string' ? { text: line } : line),
        sequence: String(first + index),
      }),
    );
    const last = this.last + lines.length;
    await this.publish({ first, last, lines: numbered, end });
    // Only now: what was not acknowledged is written again under the same numbers.
    this.last = last;
  }

  /** As a writer does that did not hear of its last success, after a restart with a newer fence. */
  async repeat(first: number, lines: readonly string[]): Promise<void> {
    this.fence += 1;
    const numbered = lines.map((text, index) =>
      LogLine.fromPartial({
        text,
        stream: LogLine_Stream.STDOUT,
        phase: LogLine_Phase.AGENT,
        sequence: String(first + index),
      }),
    );
    this.last = Math.max(this.last, first + lines.length - 1);
    await this.publish({ first, last: first + lines.length - 1, lines: numbered, end: false });
  }

  /** Lines that nobody will ever see. */
  skip(count: number): void {
    this.last += count;
  }

  private async publish(batch: { first: number; last: number; lines: LogLine[]; end: boolean }): Promise<void> {
    const message = LogBatch.encode(
      LogBatch.fromPartial({
        fence: String(this.fence),
        first: String(batch.first),
        last: String(batch.last),
        lines: batch.lines,
        end: batch.end,
      } as never),
    ).finish();
    await jetstream(this.nc).publish(SUBJECTS.log(this.id), message);
  }
}

/** `count` texts that differ. */
export function texts(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, index) => `line ${from + index}`);
}
