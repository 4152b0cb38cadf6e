import type { GitLocation } from '../process/environment.js';
import { nulFields } from '../process/nul-fields.js';
import { GitError } from '../process/git-error.js';
import { runGit } from '../process/run-git.js';
import { isZeroId } from '../names/object-id.js';

export type FileStatus = 'ADDED' | 'MODIFIED' | 'DELETED' | 'RENAMED' | 'TYPE_CHANGED';

/** One file that differs. `path` is where it is in the head (in the base when it was deleted). */
export interface ChangedFile {
  readonly status: FileStatus;
  readonly path: Buffer;
  /** Only for `RENAMED`. */
  readonly oldPath?: Buffer;
  /** Octal as git prints it (`100644`); absent where the file is not on that side. */
  readonly oldMode?: string;
  readonly mode?: string;
  readonly oldId?: string;
  readonly id?: string;
  /** Lines; 0 for binary files. */
  readonly additions: number;
  readonly deletions: number;
  readonly binary: boolean;
}

const STATUS: Readonly<Record<string, FileStatus>> = {
  A: 'ADDED',
  M: 'MODIFIED',
  D: 'DELETED',
  R: 'RENAMED',
  T: 'TYPE_CHANGED',
};

/** Beyond this many candidates git gives up looking for renames and shows additions and deletions. */
const RENAME_LIMIT = '2000';

/** The flags that every view of a change shares, so that files, stats and patches agree. */
export const DIFF_FLAGS = ['-r', '--no-commit-id', '--no-ext-diff', '--no-textconv', '--full-index'] as const;
export const FIND_RENAMES = ['-M', `-l${RENAME_LIMIT}`] as const;

/** All files that differ between two commits or trees, with renames, in path order. */
export async function changedFiles(
  at: GitLocation,
  base: string,
  head: string,
  signal?: AbortSignal,
): Promise<ChangedFile[]> {
  const list = async (renames: readonly string[]): Promise<ChangedFile[]> => {
    const { stdout } = await runGit(
      ['diff-tree', ...DIFF_FLAGS, ...renames, '-z', '--raw', '--numstat', '--end-of-options', base, head],
      { ...at, maxOutputBytes: 256 * 1024 * 1024, signal },
    );
    return parseRawNumstat(stdout);
  };
  try {
    return await list(FIND_RENAMES);
  } catch (error) {
    // Many large files that are alike take longer to compare than anyone waits; the change is no less true without renames.
    if (!wasBrokenOff(error)) throw error;
    return list(['--no-renames']);
  }
}

/** Git was at work for longer than it may. */
export function wasBrokenOff(error: unknown): boolean {
  return GitError.is(error) && (error.kind === 'timeout' || error.kind === 'exit') && error.exitCode === undefined;
}

/** What `--raw` says of a file: all but its counts. */
export type RawFile = Omit<ChangedFile, 'additions' | 'deletions' | 'binary'>;

/** Reads `--raw --numstat -z`: all raw records first, then one count per record in the same order. */
export function parseRawNumstat(output: Buffer): ChangedFile[] {
  const { files, end } = rawFiles(output);
  const counts = nulFields(output.subarray(end));
  let index = 0;
  return files.map((file) => {
    const [added = '', deleted = ''] = (counts[index++] ?? Buffer.alloc(0)).toString('latin1').split('\t', 2);
    if (file.status === 'RENAMED') index += 2;
    const binary = added === '-';
    return { ...file, binary, additions: binary ? 0 : Number(added), deletions: binary ? 0 : Number(deleted) };
  });
}

/** Reads the records of `--raw -z`, with which an output begins; `end` is where something else does. */
export function rawFiles(output: Buffer): { files: RawFile[]; end: number } {
  const files: RawFile[] = [];
  let at = 0;
  const next = (): Buffer => {
    const end = output.indexOf(0, at);
    const field = output.subarray(at, end === -1 ? output.length : end);
    at += field.length + 1;
    return field;
  };
  while (output[at] === COLON) {
    const [oldMode = '', mode = '', oldId = '', id = '', letter = ''] = next().toString('latin1').slice(1).split(' ');
    const status = STATUS[letter.charAt(0)];
    // The output was cut off here.
    if (status === undefined && at > output.length) break;
    if (status === undefined) throw new Error(`git diff-tree printed an unknown status ${letter}`);
    const first = next();
    const renamed = status === 'RENAMED' ? { oldPath: first, path: next() } : { path: first };
    files.push({
      status,
      ...renamed,
      ...side('oldMode', oldMode),
      ...side('mode', mode),
      ...idOf('oldId', oldId),
      ...idOf('id', id),
    });
  }
  return { files, end: at };
}

const COLON = 0x3a;

function side<K extends string>(key: K, mode: string): Partial<Record<K, string>> {
  return mode === '000000' ? {} : ({ [key]: mode } as Record<K, string>);
}

function idOf<K extends string>(key: K, id: string): Partial<Record<K, string>> {
  return isZeroId(id) ? {} : ({ [key]: id } as Record<K, string>);
}
