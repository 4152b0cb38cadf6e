import { execFile } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBatchFile } from '@heddle/cli';
import { REPOSITORY_ROOT } from '../launcher/repository-root.js';
import { git } from './git.js';
import type { DemoPlan, TestRun } from './plan.js';

const EXAMPLE = join(REPOSITORY_ROOT, 'examples', 'shopping-cart');

/** Makes a git repository of the checked-in example below `directory`. */
export async function examplePlan(directory: string, landBranch: string | undefined): Promise<DemoPlan> {
  const repository = join(directory, 'shopping-cart');
  await cp(join(EXAMPLE, 'repository'), repository, { recursive: true });
  await git(repository, 'init', '--quiet', '--initial-branch=main');
  await git(repository, 'add', '--all');
  await git(repository, 'commit', '--quiet', '--message=A small shop');
  const tasksFile = join(EXAMPLE, 'tasks.yaml');
  return {
    name: 'shopping-cart',
    repository,
    batch: parseBatchFile(await readFile(tasksFile, 'utf8'), tasksFile),
    targetBranch: landBranch,
    expected: {
      landed: [1, 2],
      conflict: { task: 3, with: 1, paths: ['src/cart.js'] },
      testLandedBranch: (branch) => testBranch(repository, branch, join(directory, 'landed')),
    },
  };
}

/** The tests of a branch, in a fresh clone: what anyone would get who fetches it. */
async function testBranch(repository: string, branch: string, clone: string): Promise<TestRun> {
  await rm(clone, { recursive: true, force: true });
  await git(repository, 'clone', '--quiet', '--branch', branch, '--', repository, clone);
  const { passed, output } = await nodeTest(clone);
  const count = (word: string): string => new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? '?';
  return {
    passed,
    command: 'node --test',
    summary: `${count('pass')} passed, ${count('fail')} failed`,
    commit: await git(clone, 'rev-parse', 'HEAD'),
  };
}

function nodeTest(cwd: string): Promise<{ passed: boolean; output: string }> {
  // A test runner that finds itself inside another reports to that one.
  const { NODE_TEST_CONTEXT: _outer, NODE_OPTIONS: _options, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--test', '--test-reporter=tap'], { cwd, env }, (error, stdout, stderr) => {
      resolve({ passed: error === null, output: stdout + stderr });
    });
  });
}
