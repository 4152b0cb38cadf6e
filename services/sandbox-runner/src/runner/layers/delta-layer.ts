import { chown, lchown, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layOut, materialise, takePack, treeOf } from '@heddle/git';
import { errnoOf, hostIdentity, makeWhiteout, type Layer } from '@heddle/sandbox';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { GitStore } from '../service-clients/git-store.js';

export interface DeltaLayer {
  /** Undefined where the commit's tree is the base's. */
  readonly layer: Layer | undefined;
  readonly tree: string;
}

type Meta = Pick<Layer, 'removed'> & Pick<DeltaLayer, 'tree'>;

/**
 * What has to lie over the sandbox's base so that a box shows exactly `commit`: changed files as a check-out writes
 * them, whiteouts for what is gone. Never a file of the agent's own upper layer. Made once, whole or not at all: a check
 * may run on it, also one that a runner before this one started.
 */
export async function deltaLayer(sandbox: Sandbox, commit: string, store: GitStore): Promise<DeltaLayer> {
  const { base } = sandbox;
  if (commit === base.commit) return { layer: undefined, tree: base.tree };
  const directory = join(sandbox.directory.path, 'delta', commit);
  // Nothing of a layer is flushed: after the host went down it may be torn, and no check runs on it any more.
  const record = `layer-${(await hostIdentity()).bootId}.json`;
  const meta = (await readMeta(join(directory, record))) ?? (await make(sandbox, commit, store, { directory, record }));
  return { layer: { path: join(directory, 'tree'), removed: meta.removed, owner: base.uid }, tree: meta.tree };
}

async function make(
  sandbox: Sandbox,
  commit: string,
  store: GitStore,
  target: { readonly directory: string; readonly record: string },
): Promise<Meta> {
  const { base } = sandbox;
  const gitDir = await objectsOf(sandbox, commit, store);
  const tree = await treeOf({ gitDir }, commit);
  const draft = `${target.directory}.new`;
  const into = join(draft, 'tree');
  await rm(draft, { recursive: true, force: true });
  await mkdir(into, { recursive: true, mode: 0o755 });
  const { written, deleted } = await materialise({ gitDir, base: base.commit, target: commit, into });
  for (const path of written) await give(into, path, base.uid);
  const leaves = new Set(written.map((path) => path.toString('latin1')));
  // Where a file or symlink took a directory's place, it hides what was below; nothing may be made through it.
  const uncovered = deleted.map((path) => path.toString('latin1')).filter((path) => !hasAncestorIn(path, leaves));
  const removed = await topmost(into, uncovered, base.workTree);
  for (const path of removed) await whiteout(into, path, base.uid);
  if (process.getuid?.() === 0) await chown(into, base.uid, base.uid);
  const meta: Meta = { tree, removed };
  await writeFile(join(draft, target.record), JSON.stringify(meta));
  await rm(target.directory, { recursive: true, force: true });
  await rename(draft, target.directory);
  return meta;
}

async function readMeta(path: string): Promise<Meta | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Meta;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A git directory with the commit's objects: of the sandbox's own capture, or fetched from review (a merge, or another runner's capture). */
export async function objectsOf(sandbox: Sandbox, commit: string, store: GitStore): Promise<string> {
  const { checkpoints } = await sandbox.state();
  for (const checkpoint of checkpoints.values()) {
    const gitDir = join(sandbox.directory.path, 'captures', String(checkpoint.number), 'git');
    if (checkpoint.commit === commit && checkpoint.final && (await exists(gitDir))) return gitDir;
  }
  const gitDir = join(sandbox.directory.path, 'fetched', commit);
  if (await exists(gitDir)) return gitDir;
  const draft = `${gitDir}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o755 });
  await layOut(draft, { format: sandbox.base.format, alternates: [sandbox.base.objects] });
  const { commit: base } = sandbox.base;
  await takePack({ store: draft, pack: store.readPack(sandbox.spec.repositoryId, commit, [base]), commit });
  await writeFile(join(draft, 'HEAD'), `${commit}\n`);
  await rename(draft, gitDir);
  return gitDir;
}

/** A directory of which nothing is left goes as a whole, as a check-out would not make it. */
async function topmost(into: string, deleted: readonly string[], baseTree: string): Promise<string[]> {
  const gone = new Set(deleted);
  const whole = new Map<string, boolean>();
  const isWhole = async (directory: string): Promise<boolean> => {
    const known = whole.get(directory);
    if (known !== undefined) return known;
    const result =
      (await lstatOrNothing(at(into, directory))) === undefined && (await allGone(baseTree, directory, gone));
    whole.set(directory, result);
    return result;
  };
  const result = new Set<string>();
  for (const path of gone) {
    let top = path;
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const parent = path.slice(0, slash);
      if (!(await isWhole(parent))) break;
      top = parent;
    }
    // Where a directory took the file's place, that alone hides it.
    if ((await lstatOrNothing(at(into, top))) === undefined) result.add(top);
  }
  return [...result].filter((path) => !hasAncestorIn(path, result));
}

function hasAncestorIn(path: string, others: ReadonlySet<string>): boolean {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (others.has(path.slice(0, slash))) return true;
  }
  return false;
}

async function allGone(baseTree: string, directory: string, gone: ReadonlySet<string>): Promise<boolean> {
  for (const entry of await readdir(at(baseTree, directory), { withFileTypes: true, encoding: 'buffer' })) {
    const path = `${directory}/${entry.name.toString('latin1')}`;
    if (entry.isDirectory() ? !(await allGone(baseTree, path, gone)) : !gone.has(path)) return false;
  }
  return true;
}

async function whiteout(into: string, path: string, uid: number): Promise<void> {
  const slash = path.lastIndexOf('/');
  if (slash > 0) await mkdir(at(into, path.slice(0, slash)), { recursive: true, mode: 0o755 });
  makeWhiteout(at(into, path));
  await give(into, Buffer.from(path, 'latin1'), uid);
}

/** The file and the directories above it: in the overlay they belong to whoever owns the topmost of them. */
async function give(into: string, path: Buffer, uid: number): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const text = path.toString('latin1');
  await lchown(at(into, text), uid, uid);
  for (let slash = text.lastIndexOf('/'); slash > 0; slash = text.lastIndexOf('/', slash - 1)) {
    await chown(at(into, text.slice(0, slash)), uid, uid);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstatOrNothing(Buffer.from(path))) !== undefined;
}

async function lstatOrNothing(path: Buffer): Promise<unknown> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function at(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(path, 'latin1')]);
}
