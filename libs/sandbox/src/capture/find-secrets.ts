import { secretForms } from './secret-forms.js';

interface Pattern {
  readonly bytes: Buffer;
  /** Which of the values it is a form of. */
  readonly value: number;
}

const TABLE_BITS = 16;
/** Every form is at least as long. */
const KEY_BYTES = 4;

/** All forms of secret values, made ready to be looked for at once. */
export class SecretPatterns {
  readonly longest: number;
  private readonly byKey = new Map<number, Pattern[]>();
  /** Which hashes of four bytes any form begins with: most of a file is passed by at one look a byte. */
  private readonly marked = new Uint8Array(1 << TABLE_BITS);

  /** Values of fewer than 8 bytes are not looked for. */
  constructor(values: readonly string[]) {
    let longest = 0;
    for (const [value, text] of values.entries()) {
      for (const bytes of secretForms(text)) {
        const key = bytes.readUInt32BE(0);
        const known = this.byKey.get(key);
        if (known === undefined) this.byKey.set(key, [{ bytes, value }]);
        else known.push({ bytes, value });
        this.marked[hashOf(key)] = 1;
        longest = Math.max(longest, bytes.length);
      }
    }
    this.longest = longest;
  }

  get isEmpty(): boolean {
    return this.byKey.size === 0;
  }

  /** Adds the indexes of the values that are in `bytes` to `found`. */
  search(bytes: Uint8Array, found: Set<number>): void {
    this.each(bytes, ({ value }) => {
      found.add(value);
    });
  }

  /** `bytes` with every form of a value replaced; the same object where there is none. */
  replaceIn(bytes: Buffer, by: Buffer): Buffer {
    const parts: Buffer[] = [];
    // What overlaps is one stretch.
    let [from, start, end] = [0, 0, 0];
    this.each(bytes, (pattern, at) => {
      if (at >= end) {
        if (end > 0) parts.push(bytes.subarray(from, start), by);
        from = end;
        start = at;
      }
      end = Math.max(end, at + pattern.bytes.length);
    });
    return end === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from, start), by, bytes.subarray(end)]);
  }

  /** Every form of a value in `bytes`, by its start. */
  private each(bytes: Uint8Array, take: (pattern: Pattern, start: number) => void): void {
    let key = 0;
    for (let index = 0; index < bytes.length; index++) {
      key = ((key << 8) | (bytes[index] ?? 0)) >>> 0;
      if (this.marked[hashOf(key)] === 0 || index < KEY_BYTES - 1) continue;
      const start = index - KEY_BYTES + 1;
      for (const pattern of this.byKey.get(key) ?? []) {
        const end = start + pattern.bytes.length;
        if (end <= bytes.length && pattern.bytes.equals(bytes.subarray(start, end))) take(pattern, start);
      }
    }
  }
}

/**
 * Which secret values are in a source: raw, in base64 (wherever it begins), or URL-encoded. Holds no more of the source
 * than two of its chunks, and what the longest form takes.
 * @returns indexes into the values that the patterns were made of, in order
 */
export async function findSecrets(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  patterns: SecretPatterns,
): Promise<number[]> {
  const found = new Set<number>();
  if (source instanceof Uint8Array) patterns.search(source, found);
  else {
    let tail: Uint8Array = Buffer.alloc(0);
    for await (const chunk of source) {
      const bytes = Buffer.concat([tail, chunk]);
      patterns.search(bytes, found);
      tail = bytes.subarray(Math.max(0, bytes.length - Math.max(0, patterns.longest - 1)));
    }
  }
  return [...found].sort((a, b) => a - b);
}

function hashOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> (32 - TABLE_BITS);
}
