import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mergeMany, withMergeDirectory } from '@heddle/git';
import { gitWithInput } from '../../support/git/git.js';
import { makeLargeRepository } from '../../support/git/large-repository.js';
import { timed } from '../measure.js';
import { ms, type Row } from '../report.js';

const CHANGES = 50;
const FILES = 5_000;
const SAMPLE = 100;
const GOAL_MS = 1_500;
const run = promisify(execFile);

/** Textual overlap of every two of 50 changes of one base, against one `git merge-tree` process a pair. */
export async function overlap(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'heddle-bench-overlap-'));
  try {
    const repository = await makeLargeRepository(root, FILES);
    const heads = await makeChanges(repository.path, repository.branch);
    const pairs = heads.flatMap((left, index) => heads.slice(index + 1).map((right) => [left, right] as const));
    let clean = 0;
    const directory = {
      store: repository.path,
      commit: heads[0] ?? '',
      attributes: new Uint8Array(),
      keepObjects: false,
    };
    const batched = await timed(() =>
      withMergeDirectory(directory, (at) =>
        mergeMany(at, pairs, (_, outcome) => {
          if (outcome !== 'unknown' && outcome.clean) clean += 1;
        }),
      ),
    );
    const each = await timed(async () => {
      for (const [ours, theirs] of pairs.slice(0, SAMPLE)) {
        // Exit code 1 is a conflict, which is an answer.
        await run('git', ['merge-tree', '--write-tree', ours, theirs], { cwd: repository.path }).catch(() => undefined);
      }
    });
    const alone = (each / SAMPLE) * pairs.length;
    return [
      {
        what: `overlap of ${String(CHANGES)} changes (${pairs.length.toLocaleString('en')} pairs, ${String(pairs.length - clean)} conflict), against a process per pair`,
        heddle: ms(batched),
        alternative: `${ms(alone)} (from ${String(SAMPLE)} pairs)`,
        ratio: alone / batched,
        goal: { text: `under ${String(GOAL_MS)} ms`, met: batched < GOAL_MS },
      },
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Commits of 50 changes, each of which edits seven files of its own and one that a neighbour edits too. */
export async function makeChanges(path: string, branch: string): Promise<string[]> {
  const parts: string[] = [];
  for (let change = 0; change < CHANGES; change += 1) {
    parts.push(
      `commit refs/heads/change-${String(change)}\ncommitter A. Weaver <weaver@example.com> 1704067200 +0000\ndata 6\nchange\nfrom refs/heads/${branch}\n`,
    );
    for (let edit = 0; edit < 8; edit += 1) {
      const index = edit === 7 ? Math.floor(change / 2) : 1_000 + change * 50 + edit;
      const content = `module ${String(index)}\nedited by ${String(change)}\n`;
      parts.push(
        `M 100644 inline modules/m${String(Math.floor(index / 100))}/file-${String(index)}.txt\ndata ${String(content.length)}\n${content}\n`,
      );
    }
  }
  await gitWithInput(path, parts.join(''), 'fast-import', '--quiet');
  const { stdout } = await run('git', ['for-each-ref', '--format=%(objectname)', 'refs/heads/change-*'], { cwd: path });
  return stdout.trim().split('\n');
}
