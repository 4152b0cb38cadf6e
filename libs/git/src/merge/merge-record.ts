/** One conflict as git describes it. `type` is git's stable word: `CONFLICT (contents)`, `CONFLICT (modify/delete)`, … */
export interface MergeMessage {
  readonly type: string;
  readonly paths: readonly Buffer[];
  readonly text: string;
}

export type MergeOutcome =
  | { readonly clean: true; readonly tree: string }
  | {
      readonly clean: false;
      readonly tree: string;
      readonly paths: readonly Buffer[];
      readonly messages: readonly MergeMessage[];
    };

/**
 * Reads what `merge-tree --write-tree -z --stdin --name-only` prints (with `--messages` said explicitly it differs), record by record, in chunks as they come.
 * A record: `1 NUL tree NUL NUL` (clean), or `0 NUL tree NUL (path NUL)* NUL (count NUL path* NUL… type NUL text NUL)* NUL`.
 * (In this stream 1 means clean: the opposite of the exit code of a single merge.)
 */
export class MergeRecordReader {
  private pending: Buffer = Buffer.alloc(0);

  /** The outcomes that are complete with this chunk. */
  push(chunk: Buffer): MergeOutcome[] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const outcomes: MergeOutcome[] = [];
    for (;;) {
      const cursor = new Cursor(this.pending);
      const outcome = readRecord(cursor);
      if (outcome === undefined) return outcomes;
      outcomes.push(outcome);
      this.pending = this.pending.subarray(cursor.position);
    }
  }
}

class Cursor {
  position = 0;

  constructor(private readonly bytes: Buffer) {}

  /** The next NUL-terminated field, or undefined when it is not all there yet. */
  next(): Buffer | undefined {
    const end = this.bytes.indexOf(0, this.position);
    if (end === -1) return undefined;
    const field = this.bytes.subarray(this.position, end);
    this.position = end + 1;
    return field;
  }
}

function readRecord(cursor: Cursor): MergeOutcome | undefined {
  const status = cursor.next();
  const tree = cursor.next()?.toString('latin1');
  if (status === undefined || tree === undefined) return undefined;
  const paths = readUntilEmpty(cursor);
  if (paths === undefined) return undefined;
  if (status.toString('latin1') === '1') return { clean: true, tree };
  const messages = readMessages(cursor);
  return messages === undefined ? undefined : { clean: false, tree, paths, messages };
}

function readUntilEmpty(cursor: Cursor): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (;;) {
    const field = cursor.next();
    if (field === undefined) return undefined;
    if (field.length === 0) return fields;
    fields.push(field);
  }
}

function readMessages(cursor: Cursor): MergeMessage[] | undefined {
  const messages: MergeMessage[] = [];
  for (;;) {
    const count = cursor.next();
    if (count === undefined) return undefined;
    if (count.length === 0) return messages;
    const paths: Buffer[] = [];
    for (let left = Number(count.toString('latin1')); left > 0; left -= 1) {
      const path = cursor.next();
      if (path === undefined) return undefined;
      paths.push(path);
    }
    const type = cursor.next();
    const text = cursor.next();
    if (type === undefined || text === undefined) return undefined;
    messages.push({ type: type.toString('utf8'), paths, text: text.toString('utf8').trimEnd() });
  }
}
