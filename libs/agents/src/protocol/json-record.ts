export type JsonRecord = Readonly<Record<string, unknown>>;

/** The JSON object that a line is; undefined for any other line. */
export function parseRecord(line: string): JsonRecord | undefined {
  // Most other lines are known by their first character; a giant one is not parsed in vain.
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return asRecord(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function asRecord(value: unknown): JsonRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;
}

/** Empty for what is none. */
export function recordAt(record: JsonRecord, key: string): JsonRecord {
  return asRecord(record[key]) ?? {};
}

/** Empty for what is none. */
export function textAt(record: JsonRecord, key: string): string {
  const value = record[key];
  return typeof value === 'string' ? value : '';
}

/** The objects of a list; empty for what is none. */
export function recordsAt(record: JsonRecord, key: string): readonly JsonRecord[] {
  const value = record[key];
  return Array.isArray(value) ? value.map(asRecord).filter((item) => item !== undefined) : [];
}

export function integerAt(record: JsonRecord, key: string): number | undefined {
  const value = record[key];
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** 0 for what is no count. */
export function countAt(record: JsonRecord, key: string): number {
  return Math.max(0, integerAt(record, key) ?? 0);
}

/** A text, or the texts of a list of texts or of blocks with one, a line each. */
export function textsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value.map((item) => (typeof item === 'string' ? item : textAt(asRecord(item) ?? {}, 'text'))).join('\n');
}
