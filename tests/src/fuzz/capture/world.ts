import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createPack, ensureBareStore, takePack } from '@heddle/git';
import { makeBaseCheckout, type BaseCheckout } from '@heddle/sandbox-runner';
import { Agent } from './agent.js';

type Sample = readonly [path: string, content: string, kind?: 'run' | 'link'];

const COMMON: readonly Sample[] = [
  ['a', 'a file\n'],
  ['b/x', 'bx\n'],
  ['b/y', 'by\n', 'run'],
  ['src/main.c', 'int main;\n/* $Id$ */\n'],
  ['src/w.crlf', 'dos\r\nlines\r\n'],
  ['src/deep/er/file', 'deep\n'],
  ['src/deep/er/other.txt', 'text\r\n'],
  ['src/deep/keep', 'kept\n'],
  ['lib/k.log', 'tracked and ignored\n'],
  ['lib/sub/one', '1\n'],
  ['lib/sub/two', '2\n'],
  ['lib/sub/inner/three', '3\n'],
  ['lib/link', 'sub', 'link'],
  ['root', '/', 'link'],
  ['target/kept', 'in an ignored directory\n'],
  ['caf\u00e9/e.l1', 'plain\n'],
  ['new\nline/file', 'odd\n'],
  ['-dash/:colon', 'odd\n'],
  ['pointer.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'],
  ['.gitignore', '*.log\ntarget/\nnode_modules/\n'],
];

/** The trees that agents start from; what a check-out gives is what `git add` takes back. */
const BASES: readonly (readonly Sample[])[] = [
  COMMON,
  [
    ...COMMON,
    [
      '.gitattributes',
      '* text=auto\n*.crlf text eol=crlf\n*.c ident\n*.l1 working-tree-encoding=ISO-8859-1\n*.bin filter=lfs -text\n',
    ],
    ['src/.gitattributes', '*.txt eol=crlf\n[attr]x y\n'],
    ['lib/.gitattributes', '* -text\n'],
    ['lib/.gitignore', '!k.log\n/out\n*.tmp\n'],
    ['.gitmodules', '[submodule "mod"]\n\tpath = mod\n\turl = ../mod\n'],
  ],
];

export const SUBMODULES = ['mod', 'lib/mod'];

/** What all cases of one run share: the bases, a store that judges packs, and a process of the sandbox's user. */
export interface World {
  readonly directory: string;
  readonly bases: readonly BaseCheckout[];
  readonly store: string;
  readonly agent: Agent;
}

/** Needs root. `uid`: the sandbox's user of the host. */
export async function makeWorld(directory: string, uid: number): Promise<World> {
  // The sandbox's user must pass through it.
  await chmod(directory, 0o755);
  const store = join(directory, 'store.git');
  await ensureBareStore(store, 'sha1');
  const bases: BaseCheckout[] = [];
  for (const [index, samples] of BASES.entries()) {
    const work = join(directory, `work-${String(index)}`);
    const commit = commitSamples(work, samples);
    const gitDir = join(work, '.git');
    await send(gitDir, commit, [], store);
    const base = join(directory, `base-${String(index)}`);
    bases.push(await makeBaseCheckout(base, { gitDir, isWholeMirror: false }, commit, uid));
  }
  await mkdir(join(directory, 'cases'), { mode: 0o755 });
  return { directory, bases, store, agent: new Agent(uid) };
}

/** Has the store take a commit as it would from a runner: strictly. */
export async function send(gitDir: string, commit: string, haves: readonly string[], store: string): Promise<void> {
  const pack = await createPack({ gitDir, wants: [commit], haves });
  const outcomes = await Promise.allSettled([pack.done, takePack({ store, pack: pack.stream, commit })]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function commitSamples(work: string, samples: readonly Sample[]): string {
  mkdirSync(work);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: work,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim();
  git('init', '-q', '-b', 'main');
  for (const [path, content, kind] of samples) {
    const at = Buffer.concat([Buffer.from(`${work}/`), Buffer.from(path, 'latin1')]);
    mkdirSync(Buffer.from(dirname(at.toString('latin1')), 'latin1'), { recursive: true });
    if (kind === 'link') symlinkSync(content, at);
    else writeFileSync(at, Buffer.from(content, 'latin1'));
    if (kind === 'run') chmodSync(at, 0o755);
  }
  git('add', '-A', '-f');
  for (const path of SUBMODULES) git('update-index', '--add', '--cacheinfo', `160000,${'5'.repeat(40)},${path}`);
  git('commit', '-q', '-m', 'base');
  return git('rev-parse', 'HEAD');
}
