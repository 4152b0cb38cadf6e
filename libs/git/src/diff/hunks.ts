/** A place where a text was changed, as `git diff` prints it. */
export interface Hunk {
  /** Line from 1; where `oldLines` is 0, the line that it stands behind. */
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** What git prints behind the second `@@`. */
  readonly section: Buffer;
  readonly lines: readonly HunkLine[];
}

export interface HunkLine {
  readonly kind: 'CONTEXT' | 'ADDED' | 'REMOVED';
  /** Without sign and line feed. */
  readonly text: Buffer;
  readonly withoutNewline: boolean;
}

const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?/;
const KINDS: Readonly<Record<number, HunkLine['kind']>> = { 0x20: 'CONTEXT', 0x2b: 'ADDED', 0x2d: 'REMOVED' };
const LINE_FEED = 0x0a;
const BACKSLASH = 0x5c;

/**
 * The hunks of one file's unified patch. How many lines a hunk has is said by its header: a line of a file that looks like
 * a header is none.
 * @throws Error on what is no patch
 */
export function parseHunks(patch: Buffer): Hunk[] {
  const hunks: Hunk[] = [];
  const cursor = new LineCursor(patch);
  for (let line = cursor.next(); line !== undefined; line = cursor.next()) {
    const found = HEADER.exec(line.toString('latin1'));
    if (found === null) continue;
    const [matched, oldStart = '', oldLines = '1', newStart = '', newLines = '1'] = found;
    hunks.push({
      oldStart: Number(oldStart),
      oldLines: Number(oldLines),
      newStart: Number(newStart),
      newLines: Number(newLines),
      section: line.subarray(matched.length),
      lines: readLines(cursor, Number(oldLines), Number(newLines)),
    });
  }
  return hunks;
}

function readLines(cursor: LineCursor, oldLines: number, newLines: number): HunkLine[] {
  const lines: HunkLine[] = [];
  let [oldLeft, newLeft] = [oldLines, newLines];
  while (oldLeft > 0 || newLeft > 0) {
    const line = cursor.next();
    const kind = KINDS[line?.[0] ?? 0];
    if (line === undefined || kind === undefined) throw new Error('a hunk of the patch ends before its lines do');
    if (kind !== 'ADDED') oldLeft -= 1;
    if (kind !== 'REMOVED') newLeft -= 1;
    const withoutNewline = cursor.peek() === BACKSLASH;
    if (withoutNewline) cursor.next();
    lines.push({ kind, text: line.subarray(1), withoutNewline });
  }
  return lines;
}

class LineCursor {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** First byte of the next line. */
  peek(): number | undefined {
    return this.bytes[this.at];
  }

  /** Without its line feed; undefined at the end. */
  next(): Buffer | undefined {
    if (this.at >= this.bytes.length) return undefined;
    const found = this.bytes.indexOf(LINE_FEED, this.at);
    const end = found === -1 ? this.bytes.length : found;
    const line = this.bytes.subarray(this.at, end);
    this.at = end + 1;
    return line;
  }
}
