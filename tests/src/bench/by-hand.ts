import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { git } from '../support/git/git.js';
import { CHECK, smallEdit } from './small-task.js';

const run = promisify(execFile);
const PARALLEL_AGENTS = 8;

/**
 * The same job as a careful person would do it with git alone: a worktree a task (one after the other: concurrent
 * `worktree add` fails), agents side by side, a commit each, every pair tried, then merged and checked one by one.
 */
export async function byHand(repository: string, directory: string, tasks: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const indexes = Array.from({ length: tasks }, (_, index) => index);
  const started: Promise<void>[] = [];
  const base = (await git(repository, 'rev-parse', 'main')).trim();
  for (const index of indexes) {
    const tree = join(directory, `task-${String(index)}`);
    await git(repository, 'worktree', 'add', '--quiet', '-b', `hand-${String(index)}`, tree, base);
    started.push(agent(tree, index));
    if (started.length % PARALLEL_AGENTS === 0) await Promise.all(started);
  }
  await Promise.all(started);
  for (const left of indexes) {
    for (const right of indexes.slice(left + 1)) {
      await run('git', ['merge-tree', '--write-tree', `hand-${String(left)}`, `hand-${String(right)}`], {
        cwd: repository,
      });
    }
  }
  const target = join(directory, 'target');
  await git(repository, 'worktree', 'add', '--quiet', '-b', 'hand-target', target, base);
  for (const index of indexes) {
    await git(target, 'merge', '--quiet', '--no-ff', '-m', `task ${String(index)}`, `hand-${String(index)}`);
    await check(target);
  }
}

async function agent(tree: string, index: number): Promise<void> {
  await run('bash', ['-c', smallEdit(index)], { cwd: tree });
  await git(tree, 'add', '--all');
  await git(tree, 'commit', '--quiet', '-m', `task ${String(index)}`);
  await check(tree);
}

async function check(tree: string): Promise<void> {
  const [program = '', ...args] = CHECK;
  await run(program, args, { cwd: tree });
}
