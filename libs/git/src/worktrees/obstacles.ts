import { lstat, readdir } from 'node:fs/promises';
import { nulFields } from '../process/nul-fields.js';
import { runGit, type RunGitOptions } from '../process/run-git.js';

/**
 * The first file of a work tree that a move from one commit to another would overwrite although git does not track it,
 * ignored files included (git itself gives those up without a word); undefined when nothing is in the way.
 */
export async function findObstacle(
  inTree: RunGitOptions,
  workTree: string,
  from: string,
  to: string,
): Promise<Buffer | undefined> {
  const { stdout } = await runGit(
    [
      'diff-tree',
      '-r',
      '-z',
      '--no-renames',
      '--name-status',
      '--diff-filter=AD',
      '--no-commit-id',
      '--end-of-options',
      from,
      to,
    ],
    { ...inTree, maxOutputBytes: 256 * 1024 * 1024 },
  );
  const fields = nulFields(stdout);
  const added: Buffer[] = [];
  const leaving = new Set<string>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const path = fields[index + 1] ?? Buffer.alloc(0);
    if (fields[index]?.toString('latin1') === 'A') added.push(path);
    else leaving.add(path.toString('latin1'));
  }
  for (const path of added) {
    const obstacle = await obstacleAt(Buffer.from(`${workTree}/`), path, leaving);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

/** `leaving`: tracked files that the same move removes, so they make room. */
async function obstacleAt(root: Buffer, path: Buffer, leaving: ReadonlySet<string>): Promise<Buffer | undefined> {
  for (let slash = path.indexOf(SLASH); slash !== -1; slash = path.indexOf(SLASH, slash + 1)) {
    const leading = path.subarray(0, slash);
    const stats = await lstat(Buffer.concat([root, leading])).catch(absent);
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) return leaving.has(leading.toString('latin1')) ? undefined : leading;
  }
  const stats = await lstat(Buffer.concat([root, path])).catch(absent);
  if (stats === undefined) return undefined;
  return stats.isDirectory() ? strangerIn(root, path, leaving) : path;
}

/** A file takes the place of a directory: everything in it must be leaving. */
async function strangerIn(root: Buffer, directory: Buffer, leaving: ReadonlySet<string>): Promise<Buffer | undefined> {
  for (const entry of await readdir(Buffer.concat([root, directory]), { encoding: 'buffer', withFileTypes: true })) {
    const path = Buffer.concat([directory, Buffer.of(SLASH), entry.name]);
    const stranger = entry.isDirectory()
      ? await strangerIn(root, path, leaving)
      : leaving.has(path.toString('latin1'))
        ? undefined
        : path;
    if (stranger !== undefined) return stranger;
  }
  return undefined;
}

const SLASH = 0x2f;

function absent(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
