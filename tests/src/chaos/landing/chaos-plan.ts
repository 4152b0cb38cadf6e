import { plantConflicts, type PlantedEdits, type PlantedRepository } from '@heddle/testing/planted-conflicts';
import { Random } from '../../fuzz/random.js';
import { shellWord } from '../../support/work/agents.js';

/** A line of shell that passes or not, over a tree. */
export interface ChaosCheck {
  readonly name: string;
  readonly script: string;
}

export interface ChaosTask {
  readonly name: string;
  readonly edits: PlantedEdits;
  readonly checks: readonly ChaosCheck[];
}

export interface ChaosPlan {
  readonly base: Readonly<Record<string, string>>;
  /** In the order in which they are to land. */
  readonly tasks: readonly ChaosTask[];
  /** Of which two either both land, or exactly one does. */
  readonly pairs: readonly { readonly tasks: readonly [string, string]; readonly landing: 'BOTH' | 'ONE' }[];
}

/** So many of the planted pairs are played of one seed: all of them would be 36 tasks. */
const PLANTED = 2;

const RED_TOGETHER: Readonly<Record<string, string>> = { 'balance/left': '1\n', 'balance/right': '1\n' };
const BALANCE: ChaosCheck = { name: 'balance', script: 'grep -q 1 balance/left || grep -q 1 balance/right' };
const ALONE: ChaosCheck = { name: 'alone', script: 'test ! -e policy/unasked.txt' };

/**
 * A repository with tasks of which some conflict, some are green alone and red together, and some are in nobody's way. Every task has a
 * check of its own, by one name, that its work is still there.
 */
export function chaosPlan(seed: number): ChaosPlan {
  const random = new Random(seed);
  const planted = plantConflicts(seed);
  const pairs = shuffled(random, planted.pairs).slice(0, PLANTED);
  const paired = new Set(planted.pairs.flatMap(({ changes }) => changes));
  const lone = random.pick(planted.changes.filter(({ name }) => !paired.has(name)));
  const chosen = [...pairs.flatMap(({ changes }) => changes), lone.name];
  const tasks = [
    ...planted.changes.filter(({ name }) => chosen.includes(name)).map((change) => taskOf(planted, change)),
    // Whoever comes second is red by a check that both have.
    taskOf(planted, { name: 'tilts-left', edits: { 'balance/left': '2\n' } }, BALANCE),
    taskOf(planted, { name: 'tilts-right', edits: { 'balance/right': '2\n' } }, BALANCE),
    // The second of these never heard of what the first asks for.
    taskOf(planted, { name: 'asks', edits: { 'policy/asked.txt': 'asked\n' } }, ALONE),
    taskOf(planted, { name: 'unasked', edits: { 'policy/unasked.txt': 'unasked\n' } }),
  ];
  return {
    base: { ...planted.base, ...RED_TOGETHER },
    tasks: shuffled(random, tasks),
    pairs: [
      ...pairs.map(({ changes, level }) => ({
        tasks: changes,
        landing: level === 'TEXTUAL' ? ('ONE' as const) : ('BOTH' as const),
      })),
      { tasks: ['tilts-left', 'tilts-right'], landing: 'ONE' },
      { tasks: ['asks', 'unasked'], landing: 'ONE' },
    ],
  };
}

function taskOf(
  { base }: PlantedRepository,
  { name, edits }: { readonly name: string; readonly edits: PlantedEdits },
  ...more: readonly ChaosCheck[]
): ChaosTask {
  const kept = Object.entries(edits).map(([path, text]) => keeps(path, text, base[path] ?? ''));
  return { name, edits, checks: [{ name: 'keeps', script: kept.join(' && ') }, ...more] };
}

/** That a file has a line which an edit brought; one that an edit removed is away. */
function keeps(path: string, text: string | null, before: string): string {
  if (text === null) return `test ! -e ${shellWord(path)}`;
  const old = new Set(before.split('\n'));
  const line = text.split('\n').find((each) => each.trim() !== '' && !old.has(each));
  return line === undefined ? `test -f ${shellWord(path)}` : `grep -qxF -e ${shellWord(line)} ${shellWord(path)}`;
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
