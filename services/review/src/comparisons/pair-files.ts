import type { EditedRegion } from '@heddle/domain';
import type { ChangedFile } from '@heddle/git';

/** A file that at least one of two sets of changes touches. */
export interface FilePair {
  readonly kind: EditedRegion['kind'];
  /** At the base; where it is not there, as the two call it. */
  readonly path: Buffer;
  readonly first?: ChangedFile;
  readonly second?: ChangedFile;
}

/** The files of both, each once, by what they were at the base: a rename by one of them is still the same file. */
export function pairFiles(first: readonly ChangedFile[], second: readonly ChangedFile[]): FilePair[] {
  const others = new Map(second.map((file) => [keyOf(file), file]));
  const pairs: FilePair[] = first.map((file) => {
    const other = others.get(keyOf(file));
    others.delete(keyOf(file));
    const path = file.oldPath ?? file.path;
    if (other === undefined) return { kind: 'ONLY_FIRST', path, first: file };
    return { kind: alike(file, other) ? 'SAME' : 'DIFFERENT', path, first: file, second: other };
  });
  for (const file of others.values())
    pairs.push({ kind: 'ONLY_SECOND', path: file.oldPath ?? file.path, second: file });
  return pairs.sort((a, b) => Buffer.compare(a.path, b.path));
}

/** What is new is known by its name, apart from what was there under it. */
function keyOf(file: ChangedFile): string {
  return `${file.status === 'ADDED' ? 'new' : 'old'} ${(file.oldPath ?? file.path).toString('latin1')}`;
}

function alike(a: ChangedFile, b: ChangedFile): boolean {
  return a.id === b.id && a.mode === b.mode && (a.status === 'DELETED' || a.path.equals(b.path));
}
