import type { GitLocation } from '../process/environment.js';
import { askObject, type ObjectInfo } from '../process/object-queries.js';
import { gitLine } from '../process/run-git.js';

export interface RefEntry {
  readonly ref: string;
  readonly id: string;
}

/** The refs at or below a prefix (`refs/heddle/attempts/`), by name. */
export async function listRefs(gitDir: string, prefix: string): Promise<RefEntry[]> {
  const text = await gitLine(['for-each-ref', '--format=%(objectname) %(refname)', '--', prefix], { gitDir });
  return text === ''
    ? []
    : text.split('\n').map((row) => ({ id: row.slice(0, row.indexOf(' ')), ref: row.slice(row.indexOf(' ') + 1) }));
}

/** What each name (ref, id, `<ref>^{commit}`) stands for: id and type in the order asked, or undefined where it is not there. */
export async function lookUp(
  at: GitLocation,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<(ObjectInfo | undefined)[]> {
  return Promise.all(names.map((name) => askObject(at, name, false, signal)));
}
