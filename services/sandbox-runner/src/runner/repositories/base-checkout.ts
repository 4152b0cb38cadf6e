import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createPack, formatOf, layOut, nulFields, prepareIndex, runGit, treeOf, type ObjectFormat } from '@heddle/git';
import { errnoOf } from '@heddle/sandbox';
import type { MirroredCommit } from './mirror-store.js';

/** An immutable check-out of one commit: the lowest layer of every sandbox that starts from it. */
export interface BaseCheckout {
  readonly commit: string;
  readonly tree: string;
  readonly format: ObjectFormat;
  /** The uid of the host that it, and everything in the sandboxes above it, belongs to. */
  readonly uid: number;
  readonly directory: string;
  /** The check-out itself, with a `.git` of its own that holds the base's history and nothing else. */
  readonly workTree: string;
  readonly objects: string;
  /** An index of the commit without stat data. */
  readonly index: string;
  /** Paths of submodules, bytes as latin1. */
  readonly submodules: readonly string[];
}

const run = promisify(execFile);

type Meta = Pick<BaseCheckout, 'commit' | 'tree' | 'format' | 'uid' | 'submodules'>;

/** The branch that an agent finds itself on. */
const BRANCH = 'work';

/** Git looks at a file again when it is not older than the index; it must be clearly older. */
const INDEX_AHEAD_SECONDS = 4;

/** The check-out at `directory` if its making was ended, else undefined. */
export async function readBaseCheckout(directory: string): Promise<BaseCheckout | undefined> {
  try {
    return describe(directory, JSON.parse(await readFile(join(directory, 'base.json'), 'utf8')) as Meta);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes it, whole or not at all. */
export async function makeBaseCheckout(
  directory: string,
  mirror: MirroredCommit,
  commit: string,
  uid: number,
): Promise<BaseCheckout> {
  const draft = `${directory}.new-${String(process.pid)}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o755 });
  const base = describe(draft, { commit, tree: '', format: formatOf(commit), uid, submodules: [] });
  try {
    const gitDir = join(base.workTree, '.git');
    await mkdir(gitDir, { recursive: true, mode: 0o755 });
    await layOut(gitDir, { format: base.format });
    await writeRepository(gitDir, base);
    await fillObjects(base, mirror);
    await giveTo(base.workTree, uid, 1);
    await giveTo(gitDir, uid, 3);
    const at = { gitDir, runAs: { uid, gid: uid } };
    await runGit(['read-tree', '--reset', '-u', '--end-of-options', commit], {
      ...at,
      workTree: base.workTree,
      cwd: base.workTree,
      timeoutMs: 1_800_000,
    });
    await prepareIndex({ gitDir }, commit, base.index);
    await chmod(base.index, 0o644);
    const meta: Meta = {
      ...base,
      tree: await treeOf({ gitDir }, commit),
      submodules: await submodulesOf(gitDir, base.index),
    };
    const ahead = Date.now() / 1000 + INDEX_AHEAD_SECONDS;
    await utimes(join(gitDir, 'index'), ahead, ahead);
    await writeFile(join(draft, 'base.json'), JSON.stringify(meta));
    // Of all its files: every sandbox after a loss of power would start from empty ones.
    await run('sync', ['-f', '--', draft]);
    await rename(draft, directory);
    return describe(directory, meta);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

function describe(directory: string, meta: Meta): BaseCheckout {
  const workTree = join(directory, 'tree');
  const { commit, tree, format, uid, submodules } = meta;
  return {
    commit,
    tree,
    format,
    uid,
    submodules,
    directory,
    workTree,
    objects: join(workTree, '.git', 'objects'),
    index: join(directory, 'index'),
  };
}

/** No remotes, no hooks, no credentials; a repack would copy the history into every upper layer. */
async function writeRepository(gitDir: string, base: BaseCheckout): Promise<void> {
  const sha256 = base.format === 'sha256';
  const config = [
    '[core]',
    `\trepositoryformatversion = ${sha256 ? '1' : '0'}`,
    '\tfilemode = true',
    '\tbare = false',
    '\tlogallrefupdates = true',
    '[gc]',
    '\tauto = 0',
    '[maintenance]',
    '\tauto = false',
    ...(sha256 ? ['[extensions]', '\tobjectFormat = sha256'] : []),
    '',
  ].join('\n');
  await writeFile(join(gitDir, 'config'), config);
  await writeFile(join(gitDir, 'refs', 'heads', BRANCH), `${base.commit}\n`);
  await writeFile(join(gitDir, 'HEAD'), `ref: refs/heads/${BRANCH}\n`);
}

/** The base's own history and no object more: a later base's commits are no business of this one's agents. */
async function fillObjects(base: BaseCheckout, mirror: MirroredCommit): Promise<void> {
  const packs = join(base.objects, 'pack');
  if (mirror.isWholeMirror && (await linkPacks(join(mirror.gitDir, 'objects'), packs))) return;
  const pack = await createPack({ gitDir: mirror.gitDir, wants: [base.commit], haves: [] });
  await runGit(['index-pack', '--stdin'], {
    gitDir: join(base.workTree, '.git'),
    input: pack.stream,
    timeoutMs: 1_800_000,
  });
  await pack.done;
}

/** Packs never change: one inode may serve the mirror and all bases. False if the mirror has more than packs. */
async function linkPacks(from: string, to: string): Promise<boolean> {
  if ((await readdir(from)).some((name) => /^[0-9a-f]{2}$/.test(name))) return false;
  for (const name of await readdir(join(from, 'pack'))) {
    if (!/^pack-[0-9a-f]+\.(pack|idx|rev)$/.test(name)) continue;
    const target = join(to, name);
    await link(join(from, 'pack', name), target).catch(() => copyFile(join(from, 'pack', name), target));
    await chmod(target, 0o444);
  }
  return true;
}

async function giveTo(directory: string, uid: number, depth: number): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await chown(directory, uid, uid);
  if (depth === 0) return;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await giveTo(path, uid, depth - 1);
    // A linked pack belongs to the mirror too.
    else if (!entry.name.startsWith('pack-')) await chown(path, uid, uid);
  }
}

async function submodulesOf(gitDir: string, indexFile: string): Promise<string[]> {
  const { stdout } = await runGit(['ls-files', '--stage', '-z'], {
    gitDir,
    indexFile,
    maxOutputBytes: 1024 * 1024 * 1024,
  });
  return nulFields(stdout)
    .filter((field) => field.subarray(0, 6).toString('latin1') === '160000')
    .map((field) => field.subarray(field.indexOf(9) + 1).toString('latin1'));
}
