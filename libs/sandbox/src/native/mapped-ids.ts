import { readFileSync } from 'node:fs';

/** Ids from `first` on, `count` of them. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

const ALL = 0xffff_ffff;

/**
 * The largest range of ids that this process's user namespace has beside root's own; undefined where it is the host's own
 * namespace, or one that has them all.
 */
export function subordinateIds(map = readFileSync('/proc/self/uid_map', 'utf8')): IdRange | undefined {
  const ranges = map
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first = 0, , count = 0]): IdRange => ({ first, count }));
  if (ranges.some(({ count }) => count >= ALL)) return undefined;
  // Root's own is the user who started all this.
  const others = ranges.map(({ first, count }) => (first === 0 ? { first: 1, count: count - 1 } : { first, count }));
  return others.reduce((best, range) => (range.count > best.count ? range : best), { first: 1, count: 0 });
}
