import { chown, copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commitTree, gitLine, layOut, type ProcessLimits } from '@heddle/git';
import { stageChanges, type CapturedChanges, type CaptureNotice, type StageOptions } from '@heddle/sandbox';
import type { BaseCheckout } from '../repositories/base-checkout.js';
import { unfilteredLargeFiles } from './large-files.js';
import { isAttributeFile, renormalise } from './renormalise.js';
import { secretPaths, type SecretPath } from './secret-paths.js';
import { listIndex, removeFromIndex, updateIndex, type StageGit } from './update-index.js';
import { verifyPatch } from './verify-patch.js';

export interface CaptureTreeOptions {
  readonly base: CaptureBase;
  readonly found: CapturedChanges;
  /** Where the box's own files are, and whether they may be linked. */
  readonly upper: StageOptions['upper'];
  /** The user of the host whose files the box's are, as whom git reads them; the base's by default. */
  readonly uid?: number;
  /** Removed and made anew; holds the new objects afterwards. */
  readonly directory: string;
  readonly message: string;
  readonly date: Date;
  /** Looked for in what was captured; those of fewer than 8 bytes are not. */
  readonly secretValues?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Ends the reading of the box, which takes until `onStaged`. */
  readonly reading?: AbortSignal | undefined;
  /** Called when nothing of the box is read any more: a frozen one may go on. */
  readonly onStaged: () => Promise<void>;
}

/** What git tracks below the box: a check-out, or one with delta layers over it, by the commit that they make up. */
export type CaptureBase = Pick<
  BaseCheckout,
  'commit' | 'tree' | 'format' | 'uid' | 'workTree' | 'objects' | 'index'
> & {
  /** Delta layers over the work tree, topmost first. */
  readonly deltas?: readonly string[];
};

export interface CapturedTree {
  readonly commit: string;
  readonly tree: string;
  /** Undefined where the tree is the base's: then there is nothing to send. */
  readonly gitDir: string | undefined;
  readonly notices: readonly CaptureNotice[];
  /** How many untracked files the repository's ignore rules left out. */
  readonly ignored: number;
  /** What holds a secret's value. The tree has it as it is. */
  readonly secretPaths: readonly SecretPath[];
}

/** On what an agent wrote: as the repository's own user, and no more than this. */
const LIMITS: ProcessLimits = { cpuSeconds: 600, memoryBytes: 2 * 1024 * 1024 * 1024 };

/** A large file goes into the pack as it is, without being held in memory. */
const CONFIG: readonly (readonly [string, string])[] = [
  ['core.bigFileThreshold', '16m'],
  ['pack.compression', '1'],
  ['core.fsync', 'none'],
];

/** Writes the tree that the base becomes by the changes, as one commit on the base. Without changes no git runs at all. */
export async function captureTree(options: CaptureTreeOptions): Promise<CapturedTree> {
  const { base, found } = options;
  const { ignored } = found;
  const ofBase = { commit: base.commit, tree: base.tree, gitDir: undefined, ignored, secretPaths: [] };
  if (found.changes.length === 0) {
    await options.onStaged();
    return { ...ofBase, notices: found.notices };
  }
  const git = await stage(options);
  await options.onStaged();
  const notices = [...found.notices, ...(await index(options, git))];
  const tree = await gitLine(['write-tree'], git);
  if (tree === base.tree) return { ...ofBase, notices };
  const bytes = found.changes.reduce((sum, change) => sum + (change.kind === 'file' ? change.bytes : 0), 0);
  const [inexact, secrets] = await Promise.all([
    verifyPatch({ base, tree, bytes, directory: git.gitDir, git }),
    secretPaths(found, git.workTree, options.secretValues ?? [], options.signal),
  ]);
  const commit = await commitTree({
    gitDir: git.gitDir,
    tree,
    parents: [base.commit],
    message: options.message,
    date: options.date,
  });
  await rm(git.workTree, { recursive: true, force: true });
  return { commit, tree, gitDir: git.gitDir, notices: [...notices, ...inexact], ignored, secretPaths: secrets };
}

type CaptureGit = StageGit & { readonly gitDir: string; readonly indexFile: string };

async function stage(options: CaptureTreeOptions): Promise<CaptureGit> {
  const { base, found, directory, uid = base.uid } = options;
  await rm(directory, { recursive: true, force: true });
  const gitDir = join(directory, 'git');
  const workTree = join(directory, 'stage');
  await mkdir(gitDir, { recursive: true, mode: 0o755 });
  await mkdir(workTree, { mode: 0o755 });
  await layOut(gitDir, { format: base.format, alternates: [base.objects] });
  const indexFile = join(gitDir, 'index');
  await beginIndex(base, indexFile, uid);
  await giveTo([gitDir, join(gitDir, 'objects'), join(gitDir, 'objects', 'pack')], uid);
  await stageChanges(found.changes, {
    directory: workTree,
    owner: isRoot() ? uid : undefined,
    upper: options.upper,
    signal: options.reading ?? options.signal,
  });
  return {
    gitDir,
    indexFile,
    workTree,
    runAs: { uid, gid: uid },
    limits: LIMITS,
    config: CONFIG,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

const SLASH = 0x2f;

/** Brings the index to what the stage and the removals say. */
async function index(options: CaptureTreeOptions, git: CaptureGit): Promise<CaptureNotice[]> {
  const { base, found, uid = base.uid } = options;
  const added = found.changes.flatMap((change) => (change.kind === 'remove' ? [] : [change]));
  const standing = new Set(added.map(({ path }) => path.toString('latin1')));
  const removed = found.changes.flatMap((change) =>
    change.kind === 'remove' && !isBelowAny(standing, change.path) ? [change.path] : [],
  );
  // Git reads no attributes through a symlink, but takes the index's text instead: neither the old file's nor the link's.
  const last = added
    .filter((change) => change.kind === 'symlink' && isAttributeFile(change.path))
    .map((change) => change.path);
  const first = added.map((change) => change.path).filter((path) => !last.includes(path));
  const rules = first.filter(isAttributeFile);
  const { kept, notices } = await indexRules(base, { removed, last, rules, uid }, git);
  const others = first.filter((path) => !rules.includes(path));
  notices.push(...(await updateIndex(kept.length === 0 ? [...removed, ...others] : others, git)));
  let listing = await listIndex(git);
  if (found.changes.some((change) => isAttributeFile(change.path))) {
    const before = { ...git, indexFile: base.index };
    const tracked = [...(base.deltas ?? []), base.workTree];
    const owner = isRoot() ? uid : undefined;
    notices.push(...(await renormalise({ found, before, git, entries: listing.entries(), tracked, owner })));
  }
  if (listing.hasSuffix('.gitattributes')) notices.push(...(await unfilteredLargeFiles(found, git)));
  if (last.length > 0) {
    notices.push(...(await updateIndex(last, git)));
    listing = await listIndex(git);
  }
  const told = new Set(notices.map(({ path }) => path.toString('latin1')));
  // Git passes over some paths without a word.
  const silent = listing
    .missing(added.map((change) => change.path))
    .filter((path) => !told.has(path.toString('latin1')));
  return [
    ...notices,
    ...silent.map((path) => ({ reason: 'UNSTORABLE', path, message: 'git passes over this path' }) as const),
  ];
}

/**
 * Attribute files before all that they say something of. The tree will not hold one that git refuses, by itself or by
 * another, so nothing may be stored by it: it leaves the stage, and the others are read once more without it.
 * @returns those that the index has now, and the removals with them; without any, the index is the base's
 */
async function indexRules(
  base: CaptureBase,
  paths: Record<'removed' | 'last' | 'rules', readonly Buffer[]> & { readonly uid: number },
  git: CaptureGit,
): Promise<{ readonly kept: readonly Buffer[]; readonly notices: CaptureNotice[] }> {
  const notices: CaptureNotice[] = [];
  let kept = paths.rules;
  for (;;) {
    await removeFromIndex(paths.last, git);
    const told = kept.length === 0 ? [] : await updateIndex([...paths.removed, ...kept], git);
    const refused = told.filter(({ path }) => kept.includes(path));
    if (refused.length === 0) return { kept, notices: [...notices, ...told] };
    notices.push(...refused);
    for (const { path } of refused) await rm(Buffer.concat([Buffer.from(`${git.workTree}/`), path]));
    kept = kept.filter((rule) => refused.every(({ path }) => path !== rule));
    await beginIndex(base, git.indexFile, paths.uid);
  }
}

/** What stands where a directory was takes its files out of the index, and git refuses to look behind a link. */
function isBelowAny(paths: ReadonlySet<string>, path: Buffer): boolean {
  for (let end = path.lastIndexOf(SLASH); end > 0; end = path.lastIndexOf(SLASH, end - 1))
    if (paths.has(path.toString('latin1', 0, end))) return true;
  return false;
}

/** The base's, for git to write to. */
async function beginIndex(base: CaptureBase, indexFile: string, uid: number): Promise<void> {
  await copyFile(base.index, indexFile);
  await giveTo([indexFile], uid);
}

async function giveTo(paths: readonly string[], uid: number): Promise<void> {
  if (isRoot()) for (const path of paths) await chown(path, uid, uid);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
