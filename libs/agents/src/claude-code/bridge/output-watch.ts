const LINE_END = 0x0a;
/** A longer line is no result that could be waited for. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const MARK = '"result"';

/** Looks in what Claude Code prints for the record that says that it has nothing left to do. */
export class OutputWatch {
  private held: Buffer[] = [];
  private bytes = 0;

  /** @param onDone with no prompt left in the program's own queue; once more where it goes on after it */
  constructor(private readonly onDone: () => void) {}

  get isBetweenLines(): boolean {
    return this.bytes === 0;
  }

  take(chunk: Buffer): void {
    let isOver = false;
    let rest = chunk;
    for (let end = rest.indexOf(LINE_END); end >= 0; end = rest.indexOf(LINE_END)) {
      this.hold(rest.subarray(0, end));
      if (isDone(this.endLine())) isOver = true;
      rest = rest.subarray(end + 1);
    }
    this.hold(rest);
    if (isOver) this.onDone();
  }

  private hold(piece: Buffer): void {
    this.bytes += piece.length;
    if (piece.length > 0 && this.bytes <= MAX_LINE_BYTES) this.held.push(piece);
  }

  /** Empty for one that is too long. */
  private endLine(): string {
    const line = this.bytes <= MAX_LINE_BYTES ? Buffer.concat(this.held).toString('utf8') : '';
    this.held = [];
    this.bytes = 0;
    return line;
  }
}

function isDone(line: string): boolean {
  if (!line.includes(MARK)) return false;
  try {
    const record = JSON.parse(line) as { readonly type?: unknown; readonly queued_turn_count?: unknown };
    const waiting = record.queued_turn_count;
    return record.type === 'result' && (typeof waiting !== 'number' || waiting === 0);
  } catch {
    return false;
  }
}
