import type { Sink } from '../output/output.js';
import { clip } from '../output/text-width.js';

/** Redraws a few lines in place on a terminal; the last picture stays. */
export class LiveScreen {
  private drawn = 0;

  constructor(private readonly sink: Sink) {}

  draw(lines: readonly string[]): void {
    const columns = this.sink.columns ?? 80;
    const room = Math.max(1, (this.sink.rows ?? 24) - 1);
    const shown =
      lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${String(lines.length - room + 1)} more`];
    // A wrapped line would take two rows and be counted as one.
    const text = shown.map((line) => clip(line, columns)).join('\n');
    const up = this.drawn === 0 ? '' : `\u001b[${String(this.drawn)}A`;
    this.sink.write(`${up}\u001b[0J${text}\n`);
    this.drawn = shown.length;
  }
}
