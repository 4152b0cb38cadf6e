import { constants } from 'node:fs';
import { chmod, chown, copyFile, lstat, mkdir, readFile } from 'node:fs/promises';
import type { CapturedChanges, CaptureNotice } from '@heddle/sandbox';
import { attributeValues } from './attribute-values.js';
import { updateIndex, type IndexEntry, type StageGit } from './update-index.js';

/** What decides how the bytes of a work tree become those of a blob. */
const CONVERTING = ['text', 'crlf', 'eol', 'ident', 'working-tree-encoding'];

/** Larger ones are not looked into first. */
const MAX_LOOK_BYTES = 16 * 1024 * 1024;

export interface RenormaliseOptions {
  readonly found: CapturedChanges;
  /** Before any change, with its index. */
  readonly before: StageGit;
  readonly git: StageGit;
  readonly entries: readonly IndexEntry[];
  /** Directories that hold the untouched files, topmost first. */
  readonly tracked: readonly string[];
  readonly owner: number | undefined;
}

/** True for a name that git reads attributes from. */
export function isAttributeFile(path: Buffer): boolean {
  const text = path.toString('latin1');
  return text === '.gitattributes' || text.endsWith('/.gitattributes');
}

/**
 * Where attribute files changed, files that nobody touched may become other blobs: only then is the tree, checked out,
 * what the agent had before it. Those whose conversion changed are looked at again. Reads the base only.
 */
export async function renormalise(options: RenormaliseOptions): Promise<CaptureNotice[]> {
  const { git, owner } = options;
  const paths = await affected(options);
  if (paths.length === 0) return [];
  for (const { path, mode, source } of paths) {
    const target = Buffer.concat([Buffer.from(`${git.workTree}/`), path]);
    await mkdir(parentOf(target), { recursive: true, mode: 0o755 });
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await chmod(target, mode === '100755' ? 0o700 : 0o600);
    if (owner !== undefined) await chown(target, owner, owner);
  }
  return updateIndex(
    paths.map(({ path }) => path),
    git,
  );
}

interface Affected {
  readonly path: Buffer;
  readonly mode: string;
  readonly source: Buffer;
}

async function affected({ found, before, git, entries, tracked }: RenormaliseOptions): Promise<Affected[]> {
  const scopes = found.changes
    .filter((change) => isAttributeFile(change.path))
    .map((change) => directoryOf(change.path));
  // What was left out keeps the base's entry as it is.
  const touched = new Set([...found.changes, ...found.notices].map(({ path }) => path.toString('latin1')));
  const untouched = entries.filter(({ mode, path }) => {
    const text = path.toString('latin1');
    return mode.startsWith('100') && !touched.has(text) && scopes.some((scope) => text.startsWith(scope));
  });
  const paths = untouched.map(({ path }) => path);
  const old = await attributeValues(paths, CONVERTING, before, 'INDEX');
  // As the files that the agent touched were read.
  const now = await attributeValues(paths, CONVERTING, git, 'WORK_TREE');
  const changed = untouched.filter((_, index) => old[index] !== now[index]);
  const encodings = new Set(
    untouched.flatMap(({ path }, index) => (encodingOf(old[index]) === encodingOf(now[index]) ? [] : [path])),
  );
  const result: Affected[] = [];
  for (let start = 0; start < changed.length; start += AT_ONCE) {
    const looks = changed.slice(start, start + AT_ONCE).map(async ({ path, mode }): Promise<Affected[]> => {
      const source = await sourceOf(path, tracked);
      if (source === undefined) return [];
      return encodings.has(path) || (await mayConvert(source)) ? [{ path, mode, source }] : [];
    });
    result.push(...(await Promise.all(looks)).flat());
  }
  return result;
}

/** Files are small, and waiting for one after the other takes longer than reading them. */
const AT_ONCE = 64;

function encodingOf(values: string | undefined): string | undefined {
  return values?.split('\0')[CONVERTING.indexOf('working-tree-encoding')];
}

/** Line ends and `$Id$` are all that git rewrites in a file without an encoding. */
async function mayConvert(source: Buffer): Promise<boolean> {
  if ((await lstat(source)).size > MAX_LOOK_BYTES) return true;
  const bytes = await readFile(source);
  return bytes.includes('\r') || bytes.includes('$Id');
}

async function sourceOf(path: Buffer, tracked: readonly string[]): Promise<Buffer | undefined> {
  for (const directory of tracked) {
    const source = Buffer.concat([Buffer.from(`${directory}/`), path]);
    try {
      if ((await lstat(source)).isFile()) return source;
    } catch {
      // The file comes from a layer below.
    }
  }
  return undefined;
}

/** With a slash at its end; empty for the top. */
function directoryOf(path: Buffer): string {
  const text = path.toString('latin1');
  return text.slice(0, text.lastIndexOf('/') + 1);
}

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, path.lastIndexOf(0x2f));
}
