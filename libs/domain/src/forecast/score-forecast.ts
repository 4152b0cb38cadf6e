import { OVERLAP_LEVELS, type OverlapLevel } from '../overlap/overlap-level.js';
import type { PairAdvice } from './advise-pairs.js';

/** What was foretold of a pair of tasks, and what became of it. */
export interface ForetoldPair {
  readonly advice: PairAdvice;
  /** Of their changes; undefined where one of the two has none, or they were not compared yet. */
  readonly level: OverlapLevel | undefined;
}

/** Counts of pairs of which both is known: what was foretold, and what came. */
export interface ForecastScore {
  readonly judged: number;
  /** Said to be merged or sequenced. */
  readonly foretold: number;
  /** Touched the same file or more. */
  readonly overlapped: number;
  /** Of the foretold, those that did. */
  readonly right: number;
  /** Overlapped at ENTITY or above, and were said to be independent. */
  readonly missed: number;
  /** right / foretold; undefined where nothing was foretold. */
  readonly precision?: number;
  /** right / overlapped; undefined where nothing overlapped. */
  readonly recall?: number;
}

/** Pairs of which nothing could be said count neither for nor against. */
export function scoreForecast(pairs: readonly ForetoldPair[]): ForecastScore {
  const judged = pairs.flatMap(({ advice, level }) =>
    level === undefined || advice === 'UNKNOWN' ? [] : [{ foretold: isForetold(advice), rank: rankOf(level) }],
  );
  const foretold = judged.filter((pair) => pair.foretold).length;
  const overlapped = judged.filter(({ rank }) => rank >= rankOf('FILE')).length;
  const right = judged.filter((pair) => pair.foretold && pair.rank >= rankOf('FILE')).length;
  return {
    judged: judged.length,
    foretold,
    overlapped,
    right,
    missed: judged.filter((pair) => !pair.foretold && pair.rank >= rankOf('ENTITY')).length,
    ...(foretold === 0 ? {} : { precision: right / foretold }),
    ...(overlapped === 0 ? {} : { recall: right / overlapped }),
  };
}

function isForetold(advice: PairAdvice): boolean {
  return advice === 'MERGE' || advice === 'SEQUENCE';
}

function rankOf(level: OverlapLevel): number {
  return OVERLAP_LEVELS.indexOf(level);
}
