/** Object ids are 40 hex digits (sha1) or 64 (sha256), lower case. */
export const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export type ObjectFormat = 'sha1' | 'sha256';

export function isObjectId(word: string): boolean {
  return OBJECT_ID.test(word);
}

export function zeroId(format: ObjectFormat): string {
  return '0'.repeat(format === 'sha1' ? 40 : 64);
}

export function isZeroId(id: string): boolean {
  return /^0+$/.test(id);
}

/** The id of the tree without entries, which git knows without having it stored. */
export function emptyTree(format: ObjectFormat): string {
  return format === 'sha1'
    ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';
}

export function formatOf(id: string): ObjectFormat {
  return id.length === 64 ? 'sha256' : 'sha1';
}
