import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { useTemporaryDirectories } from '@heddle/testing';
import { boxPaths, createBoxDirectories } from '../workspace/box-paths.js';
import { OverlayFileSystem } from '../workspace/overlay.file-system.js';
import { stageChanges } from './stage-changes.js';
import { walkClone } from './walk-clone.js';
import { walkUpper } from './walk-upper.js';

const temporary = useTemporaryDirectories();
const isRoot = process.getuid?.() === 0;

/** One thing that an agent may do to a path; all are tried, most fail on most trees. */
const PATHS = [
  'a',
  'b',
  'a/x',
  'a/y',
  'a/d/z',
  'b/x',
  'c',
  'd',
  'd/e',
  'd/e/f',
  'n',
  'n/m',
  'ign/x',
  'k.log',
  'a/keep.log',
  '.gitignore',
  'a/.gitignore',
];
const path = fc.constantFrom(...PATHS);
/** Opening a FIFO to write waits for a reader that never comes. */
const PUT = 'put() { test -p "$2" || echo "$1" > "$2"; }';
const quoted = (text: string): string => `'${text}'`;
const step = fc.oneof(
  fc.tuple(path, fc.nat(9)).map(([p, n]) => `mkdir -p "$(dirname ${quoted(p)})" && put ${String(n)} ${quoted(p)}`),
  path.map((p) => `rm -rf ${quoted(p)}`),
  path.map((p) => `mkdir -p ${quoted(p)}`),
  path.map((p) => `chmod +x ${quoted(p)}`),
  fc
    .tuple(path, path)
    .map(
      ([from, to]) => `python3 -c "import os,sys; os.rename(sys.argv[1], sys.argv[2])" ${quoted(from)} ${quoted(to)}`,
    ),
  fc.tuple(path, path).map(([target, p]) => `ln -sfn ${quoted(target)} ${quoted(p)}`),
  path.map((p) => `rm -rf ${quoted(p)} && mkdir ${quoted(p)} && put again ${quoted(p)}/x`),
  path.map((p) => `mkfifo ${quoted(p)}`),
  path.map((p) => `git init -q ${quoted(p)}/sub && put in ${quoted(p)}/sub/file`),
  fc.constantFrom(
    'put "*.log" .gitignore',
    'test -p .gitignore || printf "ign/\\n!k.log\\n" >> .gitignore',
    'rm -rf .git',
    'put x a/.gitignore',
  ),
);

const BASE =
  'mkdir -p a/d b d/e; echo 1 > a/x; echo 2 > a/y; echo 3 > a/d/z; echo 4 > b/x; echo 5 > c; echo 6 > d/e/f; ln -s c l; echo "*.log" > .gitignore; echo tracked > a/keep.log; chmod +x c';

interface Git {
  (...args: string[]): string;
}

function gitIn(gitDir: string, workTree: string, index: string): Git {
  const env = {
    PATH: process.env['PATH'] ?? '',
    GIT_DIR: gitDir,
    GIT_WORK_TREE: workTree,
    GIT_INDEX_FILE: index,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  return (...args) =>
    execFileSync(
      'git',
      [
        '-c',
        'core.hooksPath=/dev/null',
        '-c',
        'core.fsmonitor=false',
        '-c',
        'user.name=t',
        '-c',
        'user.email=t@t',
        ...args,
      ],
      { env, cwd: workTree, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 },
    ).toString();
}

describe('capture', () => {
  (isRoot ? it : it.skip)(
    'finds in the upper layer exactly the tree that git finds in the whole work tree',
    async () => {
      const root = await temporary('walk');
      const base = join(root, 'base');
      await mkdir(base);
      execFileSync('/bin/bash', ['-ec', BASE], { cwd: base });
      execFileSync('git', ['init', '-q', base]);
      const store = join(base, '.git');
      const baseGit = gitIn(store, base, join(root, 'base-index'));
      baseGit('add', '-A', '-f');
      const commit = baseGit('commit-tree', '-m', 'base', baseGit('write-tree').trim()).trim();
      const overlay = new OverlayFileSystem();
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          round += 1;
          const directory = join(root, `r${String(round)}`);
          const paths = boxPaths(join(directory, 'box'));
          const stage = join(directory, 'stage');
          await createBoxDirectories(paths, 0);
          await overlay.mount(paths, [{ path: base, removed: [] }]);
          try {
            execFileSync(
              '/bin/bash',
              ['-c', [PUT, ...steps.map((line) => `{ ${line}; } 2>/dev/null || true`)].join('\n')],
              {
                cwd: paths.merged,
                stdio: 'ignore',
              },
            );
            // The oracle: all that git would add of a copy without the agent's repositories and FIFOs.
            const copy = join(directory, 'copy');
            execFileSync('/bin/cp', ['-a', paths.merged, copy]);
            execFileSync('/bin/bash', ['-c', 'find . -name .git -prune -exec rm -rf {} +; find . -type p -delete'], {
              cwd: copy,
            });
            const oracle = gitIn(store, copy, join(directory, 'oracle-index'));
            oracle('read-tree', commit);
            oracle('add', '-A');
            const expected = oracle('write-tree').trim();

            const found = await walkUpper({
              upper: paths.upper,
              base,
              submodules: [],
              attributePrefix: 'trusted.overlay.',
            });
            await mkdir(stage);
            await stageChanges(found.changes, {
              directory: stage,
              owner: undefined,
              upper: { directory: paths.upper, mode: 'link' },
            });
            expect(apply(gitIn(store, stage, join(directory, 'index')), commit, found.changes)).toBe(expected);

            const cloned = await walkClone({ copy, base, submodules: [] });
            const cloneStage = join(directory, 'clone-stage');
            await mkdir(cloneStage);
            await stageChanges(cloned.changes, {
              directory: cloneStage,
              owner: undefined,
              upper: { directory: copy, mode: 'copy' },
            });
            expect(apply(gitIn(store, cloneStage, join(directory, 'clone-index')), commit, cloned.changes)).toBe(
              expected,
            );
          } finally {
            await overlay.unmount(paths);
          }
        }),
        { numRuns: Number(process.env['HEDDLE_FUZZ_RUNS'] ?? 20) },
      );
    },
  );
});

function apply(git: Git, commit: string, changes: Awaited<ReturnType<typeof walkUpper>>['changes']): string {
  git('read-tree', commit);
  const removed = changes.flatMap((change) => (change.kind === 'remove' ? [change.path.toString()] : []));
  const added = changes.flatMap((change) => (change.kind === 'remove' ? [] : [change.path.toString()]));
  if (removed.length > 0) git('rm', '-r', '-f', '-q', '--cached', '--ignore-unmatch', '--', ...removed);
  if (added.length > 0) git('update-index', '--add', '--replace', '--', ...added);
  return git('write-tree').trim();
}
