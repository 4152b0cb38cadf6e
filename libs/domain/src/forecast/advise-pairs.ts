import type { FileHistory } from './file-history.js';
import type { PredictedFile } from './predict-files.js';

/**
 * MERGE: they are one task. SEQUENCE: one after the other. INDEPENDENT: at once. UNKNOWN: of one of them nothing is
 * expected, so that nothing can be said.
 */
export const PAIR_ADVICE = ['INDEPENDENT', 'UNKNOWN', 'SEQUENCE', 'MERGE'] as const;
export type PairAdvice = (typeof PAIR_ADVICE)[number];

/** A file that both are expected to touch. */
export interface SharedFile {
  readonly path: string;
  /** Of the less sure of the two: 0 to 1. */
  readonly weight: number;
  /** Commits of the last 90 days that touched it. */
  readonly recentEdits: number;
}

export interface AdvisedPair {
  /** Places of the tasks in the plan, from 0; `a` < `b`. */
  readonly a: number;
  readonly b: number;
  readonly advice: PairAdvice;
  /** How much of the smaller one's files both are expected to touch, files that everybody touches counting less: 0 to 1. */
  readonly overlap: number;
  /** The surest and rarest first. */
  readonly files: readonly SharedFile[];
}

const MERGE_AT = 0.75;
const SEQUENCE_AT = 0.5;
/** A file that hardly anybody touches, and both surely: by that alone two tasks get into each other's way. */
const RARE_EDITS = 1;
const SURE_WEIGHT = 0.5;
const MAX_FILES = 5;

/** Advice on each pair of tasks. The same for two tasks whichever comes first and whatever else is planned. */
export function advisePairs(
  tasks: readonly (readonly PredictedFile[])[],
  history: Pick<FileHistory, 'recentEdits' | 'rarity'>,
): AdvisedPair[] {
  const weights = tasks.map((files) => new Map(files.map(({ path, weight }) => [path, weight])));
  const totals = weights.map((files) => total([...files].map(([path, weight]) => weight * history.rarity(path))));
  return tasks.flatMap((_, a) =>
    tasks.slice(a + 1).map((__, offset): AdvisedPair => {
      const b = a + 1 + offset;
      const shared = sharedFiles(
        weights[a] ?? new Map<string, number>(),
        weights[b] ?? new Map<string, number>(),
        history,
      );
      const common = total(shared.map(({ path, weight }) => weight * history.rarity(path)));
      const least = Math.min(totals[a] ?? 0, totals[b] ?? 0);
      const overlap = least === 0 ? 0 : Math.min(1, common / least);
      return { a, b, overlap, advice: adviceOf(least, overlap, shared), files: shared.slice(0, MAX_FILES) };
    }),
  );
}

function adviceOf(least: number, overlap: number, shared: readonly SharedFile[]): PairAdvice {
  if (least === 0) return 'UNKNOWN';
  const sure = shared.some(({ weight }) => weight >= SURE_WEIGHT);
  if (overlap >= MERGE_AT && sure) return 'MERGE';
  const rare = shared.some(({ weight, recentEdits }) => weight >= SURE_WEIGHT && recentEdits <= RARE_EDITS);
  return overlap >= SEQUENCE_AT || rare ? 'SEQUENCE' : 'INDEPENDENT';
}

function sharedFiles(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
  history: Pick<FileHistory, 'recentEdits' | 'rarity'>,
): SharedFile[] {
  return [...a]
    .flatMap(([path, weight]) => {
      const other = b.get(path);
      return other === undefined
        ? []
        : [{ path, weight: Math.min(weight, other), recentEdits: history.recentEdits(path) }];
    })
    .sort(
      (one, two) =>
        two.weight * history.rarity(two.path) - one.weight * history.rarity(one.path) || (one.path < two.path ? -1 : 1),
    );
}

/** In the order of size: sums of fractions depend on it. */
function total(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b).reduce((sum, value) => sum + value, 0);
}
