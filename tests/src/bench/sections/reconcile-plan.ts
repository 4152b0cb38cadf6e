import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mergeOrder } from '@heddle/domain';
import { mergeInTurn, withMergeDirectory } from '@heddle/git';
import { git } from '../../support/git/git.js';
import { makeLargeRepository } from '../../support/git/large-repository.js';
import { median, timed } from '../measure.js';
import { ms, type Row } from '../report.js';
import { makeChanges } from './overlap.js';

const CHANGES = 10;
const FILES = 5_000;
const RUNS = 7;
const GOAL_MS = 50;
const run = promisify(execFile);

/** What a plan costs beside two queries: the order of ten changes whose overlaps are on record, and their merges in turn. */
export async function reconcilePlan(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'heddle-bench-plan-'));
  try {
    const repository = await makeLargeRepository(root, FILES);
    const changes = (await makeChanges(repository.path, repository.branch)).slice(0, CHANGES);
    const onto = (await git(repository.path, 'rev-parse', `refs/heads/${repository.branch}`)).trim();
    const directory = { store: repository.path, commit: onto, attributes: new Uint8Array(), keepObjects: false };
    const times: number[] = [];
    const byHand: number[] = [];
    for (let count = 0; count < RUNS; count += 1) {
      const time = await timed(async () => {
        const order = mergeOrder({
          count: CHANGES,
          cost: (a, b) => (Math.floor(a / 2) === Math.floor(b / 2) ? 1 + b : 0),
        });
        const heads = order.flatMap((index) => changes[index] ?? []);
        await withMergeDirectory(directory, (at) => mergeInTurn(at, { onto, heads, date: new Date(0) }));
      });
      times.push(time);
      byHand.push(await timed(() => mergedByHand(repository.path, onto, changes)));
    }
    const middle = median(times);
    return [
      {
        what: `plan of ${String(CHANGES)} changes in ${FILES.toLocaleString('en')} files (median of ${String(RUNS)})`,
        heddle: ms(middle),
        alternative: `${ms(median(byHand))} (git merge-tree and commit-tree)`,
        ratio: median(byHand) / middle,
        goal: { text: `under ${String(GOAL_MS)} ms`, met: middle < GOAL_MS },
      },
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The same merges by hand, in the order given; a conflict ends with 1 and is left out. */
async function mergedByHand(cwd: string, onto: string, heads: readonly string[]): Promise<void> {
  let tip = onto;
  for (const head of heads) {
    const merged = await run('git', ['merge-tree', '--write-tree', tip, head], { cwd }).catch(() => undefined);
    if (merged === undefined) continue;
    const author = ['-c', 'user.name=A. Weaver', '-c', 'user.email=weaver@example.com'];
    const parents = ['-p', tip, '-p', head];
    const made = await run('git', [...author, 'commit-tree', ...parents, '-m', 'merged', merged.stdout.trim()], {
      cwd,
    });
    tip = made.stdout.trim();
  }
}
