import { chown, copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commitTree,
  gitLine,
  GitError,
  layOut,
  nulJoin,
  runGit,
  type GitLocation,
  type ProcessLimits,
  type RunGitOptions,
} from '@heddle/git';
import {
  SandboxError,
  stageChanges,
  type CapturedChanges,
  type CaptureNotice,
  type StageOptions,
} from '@heddle/sandbox';
import type { BaseCheckout } from '../repositories/base-checkout.js';
import { refusesPath } from './refused-path.js';

export interface CaptureTreeOptions {
  readonly base: BaseCheckout;
  readonly found: CapturedChanges;
  /** Where the box's own files are, and whether they may be linked. */
  readonly upper: StageOptions['upper'];
  /** Removed and made anew; holds the new objects afterwards. */
  readonly directory: string;
  readonly message: string;
  readonly date: Date;
  readonly signal?: AbortSignal | undefined;
  /** Ends the reading of the box, which takes until `onStaged`. */
  readonly reading?: AbortSignal | undefined;
  /** Called when nothing of the box is read any more: a frozen one may go on. */
  readonly onStaged: () => Promise<void>;
}

export interface CapturedTree {
  readonly commit: string;
  readonly tree: string;
  /** Undefined where the tree is the base's: then there is nothing to send. */
  readonly gitDir: string | undefined;
  readonly notices: readonly CaptureNotice[];
}

/** On what an agent wrote: as the repository's own user, and no more than this. */
const LIMITS: ProcessLimits = { cpuSeconds: 600, memoryBytes: 2 * 1024 * 1024 * 1024 };

/** A large file goes into the pack as it is, without being held in memory. */
const CONFIG: readonly (readonly [string, string])[] = [
  ['core.bigFileThreshold', '16m'],
  ['pack.compression', '1'],
  ['core.fsync', 'none'],
];

/** Each costs several git processes to find, and more tell nobody anything. */
const MAX_REFUSALS = 200;

type RunAs = Pick<RunGitOptions, 'runAs' | 'limits' | 'config' | 'signal'>;

/** Writes the tree that the base becomes by the changes, as one commit on the base. Without changes no git runs at all. */
export async function captureTree(options: CaptureTreeOptions): Promise<CapturedTree> {
  const { base, found, directory } = options;
  if (found.changes.length === 0) {
    await options.onStaged();
    return { commit: base.commit, tree: base.tree, gitDir: undefined, notices: found.notices };
  }
  await rm(directory, { recursive: true, force: true });
  const gitDir = join(directory, 'git');
  const stage = join(directory, 'stage');
  await mkdir(gitDir, { recursive: true, mode: 0o755 });
  await mkdir(stage, { mode: 0o755 });
  await layOut(gitDir, { format: base.format, alternates: [base.objects] });
  const indexFile = join(gitDir, 'index');
  await copyFile(base.index, indexFile);
  await giveTo([gitDir, join(gitDir, 'objects'), join(gitDir, 'objects', 'pack'), indexFile], base.uid);
  await stageChanges(found.changes, {
    directory: stage,
    owner: isRoot() ? base.uid : undefined,
    upper: options.upper,
    signal: options.reading ?? options.signal,
  });
  await options.onStaged();
  const at: GitLocation & RunAs = {
    gitDir,
    indexFile,
    workTree: stage,
    runAs: { uid: base.uid, gid: base.uid },
    limits: LIMITS,
    config: CONFIG,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const unstorable: CaptureNotice[] = [];
  await updateIndex(await touchedPaths(base, found), at, stage, unstorable);
  const tree = await gitLine(['write-tree'], at);
  const notices = [...found.notices, ...unstorable];
  if (tree === base.tree) return { commit: base.commit, tree, gitDir: undefined, notices };
  const commit = await commitTree({
    gitDir,
    tree,
    parents: [base.commit],
    message: options.message,
    date: options.date,
  });
  await rm(stage, { recursive: true, force: true });
  return { commit, tree, gitDir, notices };
}

/** Removed paths (a directory as all its files) before added ones. A path that is added again needs no removal. */
async function touchedPaths(base: BaseCheckout, found: CapturedChanges): Promise<Buffer[]> {
  const added = new Set(
    found.changes.flatMap((change) => (change.kind === 'remove' ? [] : [change.path.toString('latin1')])),
  );
  const removed: Buffer[] = [];
  for (const change of found.changes) {
    if (change.kind === 'remove' && !added.has(change.path.toString('latin1')))
      removed.push(...(await filesBelow(base.workTree, change.path)));
  }
  return [...removed, ...found.changes.flatMap((change) => (change.kind === 'remove' ? [] : [change.path]))];
}

/** By what the entries themselves are: a symlink of the base is one path, wherever it points. */
async function filesBelow(workTree: string, path: Buffer): Promise<Buffer[]> {
  const host = Buffer.concat([Buffer.from(`${workTree}/`), path]);
  if (!(await lstat(host)).isDirectory()) return [path];
  const entries = await readdir(host, { withFileTypes: true, encoding: 'buffer' });
  // An empty directory of the base is a submodule.
  if (entries.length === 0) return [path];
  const below: Buffer[] = [];
  for (const entry of entries) {
    const child = Buffer.concat([path, SLASH, entry.name]);
    below.push(...(entry.isDirectory() ? await filesBelow(workTree, child) : [child]));
  }
  return below;
}

const SLASH = Buffer.from('/');

/** One git process as a rule. A path that git refuses is found by halving, and left out with a notice. */
async function updateIndex(
  paths: readonly Buffer[],
  at: GitLocation & RunAs,
  cwd: string,
  unstorable: CaptureNotice[],
): Promise<void> {
  if (paths.length === 0) return;
  try {
    await runGit(['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], {
      ...at,
      cwd,
      input: nulJoin(paths),
      timeoutMs: 600_000,
    });
  } catch (error) {
    if (GitError.is(error) && error.kind === 'timeout')
      throw new SandboxError('CAPTURE_FAILED', 'git could not read what the agent wrote within its limits', {
        cause: error,
      });
    if (!refusesPath(error)) throw error;
    if (unstorable.length >= MAX_REFUSALS)
      throw new SandboxError('CAPTURE_FAILED', `git refuses more than ${String(MAX_REFUSALS)} paths`, { cause: error });
    const [path] = paths;
    if (paths.length === 1 && path !== undefined) {
      unstorable.push({ reason: 'UNSTORABLE', path, message: 'git refuses this path' });
      return;
    }
    const half = Math.ceil(paths.length / 2);
    await updateIndex(paths.slice(0, half), at, cwd, unstorable);
    await updateIndex(paths.slice(half), at, cwd, unstorable);
  }
}

async function giveTo(paths: readonly string[], uid: number): Promise<void> {
  if (isRoot()) for (const path of paths) await chown(path, uid, uid);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
