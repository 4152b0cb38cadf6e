import type { GitLocation } from '../process/environment.js';
import { gitLine, runGit } from '../process/run-git.js';

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
): Promise<({ id: string; type: string; size: number } | undefined)[]> {
  if (names.length === 0) return [];
  if (names.some((name) => name.includes('\n'))) throw new TypeError('an object name has a line break');
  const { stdout } = await runGit(['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'], {
    ...at,
    input: names.map((name) => `${name}\n`).join(''),
    signal,
  });
  return stdout
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((row) => {
      const match = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(row);
      return match === null ? undefined : { id: match[1] ?? '', type: match[2] ?? '', size: Number(match[3]) };
    });
}
