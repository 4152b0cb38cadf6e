import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gitWithInput } from '../../support/git/git.js';
import { median, timed } from '../measure.js';
import { ms, type Row } from '../report.js';

const MODULES = 3_000;
const FILES_PER_CHANGE = 8;
const INCREMENTS = 5;
const SAMPLE = 60;
const GOAL_OF_50_MS = 1_000;
const GOAL_OF_INCREMENT_MS = 60;
const PROGRAM = fileURLToPath(new URL('../../../../services/review/dist/testing/time-overlaps.js', import.meta.url));
const run = promisify(execFile);

interface Timing {
  readonly graphMs: number;
  readonly incrementsMs: readonly number[];
  readonly levels: Readonly<Record<string, number>>;
}

/** Every two of 50 and of 200 changes with their entities, and one more change, against a `git merge-tree` process for each pair. */
export async function overlapGraph(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'heddle-bench-graph-'));
  try {
    const path = join(root, 'shop.git');
    await run('git', ['init', '-q', '--bare', '-b', 'main', path]);
    const rows: Row[] = [];
    const { base, heads } = await makeChanges(path, 200 + INCREMENTS);
    const alone = await processPerPair(path, heads);
    for (const count of [50, 200]) {
      const timing = await timeGraph(path, base, heads, count);
      const pairs = (count * (count - 1)) / 2;
      const found = Object.entries(timing.levels)
        .filter(([level]) => level !== 'NONE')
        .map(([level, pairsOf]) => `${String(pairsOf)} ${level}`);
      const increment = median(timing.incrementsMs);
      rows.push(
        {
          what: `overlap graph of ${String(count)} changes (${pairs.toLocaleString('en')} pairs: ${found.join(', ')}), against a process per pair that knows only text`,
          heddle: ms(timing.graphMs),
          alternative: `${ms(alone * pairs)} (from ${String(SAMPLE)} pairs)`,
          ratio: (alone * pairs) / timing.graphMs,
          ...(count === 50
            ? { goal: { text: `under ${String(GOAL_OF_50_MS)} ms`, met: timing.graphMs < GOAL_OF_50_MS } }
            : {}),
        },
        {
          what: `one more change beside ${String(count)}`,
          heddle: ms(increment),
          alternative: ms(alone * (count - 1)),
          ratio: (alone * (count - 1)) / increment,
          ...(count === 50
            ? { goal: { text: `under ${String(GOAL_OF_INCREMENT_MS)} ms`, met: increment < GOAL_OF_INCREMENT_MS } }
            : {}),
        },
      );
    }
    return rows;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function timeGraph(path: string, base: string, heads: readonly string[], count: number): Promise<Timing> {
  const asked = [...heads.slice(0, count), ...heads.slice(-INCREMENTS)].join('\n');
  const timing = run(process.execPath, [PROGRAM, path, base, String(count)]);
  timing.child.stdin?.end(asked);
  return JSON.parse((await timing).stdout) as Timing;
}

/** Milliseconds a pair. */
async function processPerPair(path: string, heads: readonly string[]): Promise<number> {
  const all = await timed(async () => {
    for (let index = 0; index < SAMPLE; index += 1) {
      const [ours = '', theirs = ''] = heads.slice(index);
      // Exit code 1 is a conflict, which is an answer.
      await run('git', ['merge-tree', '--write-tree', ours, theirs], { cwd: path }).catch(() => undefined);
    }
  });
  return all / SAMPLE;
}

function moduleText(index: number, step: number): string {
  const functions = Array.from({ length: 6 }, (_, part) => {
    const name = `step${String(index)}of${String(part)}`;
    const amount = part === 0 ? step : part;
    return `export function ${name}(value: number, label = 'none'): number {\n  const next = value + ${String(amount)};\n  if (next > 100) return 0;\n  return next * ${String(part + 2)} + label.length;\n}\n`;
  });
  return functions.join('\n');
}

/** Each change edits seven modules of its own and one that a neighbour edits too. */
async function makeChanges(path: string, changes: number): Promise<{ base: string; heads: string[] }> {
  const commit = (ref: string, from: string): string =>
    `commit refs/heads/${ref}\ncommitter A. Weaver <weaver@example.com> 1704067200 +0000\ndata 6\nchange\n${from}`;
  const file = (index: number, text: string): string =>
    `M 100644 inline modules/m${String(index % 100)}/file-${String(index)}.ts\ndata ${String(text.length)}\n${text}\n`;
  const base = Array.from({ length: MODULES }, (_, index) => file(index, moduleText(index, 0)));
  await gitWithInput(path, commit('main', '') + base.join(''), 'fast-import', '--quiet');
  const parts: string[] = [];
  for (let change = 0; change < changes; change += 1) {
    parts.push(commit(`change-${String(change).padStart(4, '0')}`, 'from refs/heads/main^0\n'));
    for (let edit = 0; edit < FILES_PER_CHANGE; edit += 1) {
      const index = edit === FILES_PER_CHANGE - 1 ? Math.floor(change / 2) : 500 + change * 10 + edit;
      parts.push(file(index, moduleText(index, change + 1)));
    }
  }
  await gitWithInput(path, parts.join(''), 'fast-import', '--quiet');
  const { stdout } = await run('git', ['for-each-ref', '--format=%(objectname)', 'refs/heads'], { cwd: path });
  // In the order of their names: `main` is the last.
  const heads = stdout.trim().split('\n');
  const last = heads.pop() ?? '';
  return { base: last, heads };
}
