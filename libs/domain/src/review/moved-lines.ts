import { isTelling } from './telling-lines.js';

export interface ChangedLine {
  readonly kind: 'ADDED' | 'REMOVED' | 'CONTEXT';
  readonly text: string;
}

/** A line that stands in very many places is followed at so many of them. */
const MAX_PLACES = 64;

/**
 * Which lines were moved: blocks that are removed in one place and added in another, equal but for white space at their
 * ends, with 20 letters and digits or more. The longest block wins.
 *
 * @param hunks the lines of each hunk, of any number of files
 * @returns for each hunk, the indexes of its moved lines
 */
export function movedLines(hunks: readonly (readonly ChangedLine[])[]): ReadonlySet<number>[] {
  const moved = hunks.map(() => new Set<number>());
  const removed = runsOf(hunks, 'REMOVED');
  const places = placesOf(removed);
  for (const added of runsOf(hunks, 'ADDED')) {
    let at = 0;
    while (at < added.texts.length) {
      const { length, run, from } = longest(added.texts, at, removed, places);
      if (run === undefined || !isTelling(added.texts.slice(at, at + length))) {
        at += 1;
        continue;
      }
      for (let index = 0; index < length; index += 1) {
        moved[added.hunk]?.add(added.start + at + index);
        moved[run.hunk]?.add(run.start + from + index);
      }
      at += length;
    }
  }
  return moved;
}

/** Neighbouring lines of one kind. */
interface Run {
  readonly hunk: number;
  /** Index of the first in its hunk. */
  readonly start: number;
  readonly texts: string[];
}

type Place = readonly [run: number, index: number];

function runsOf(hunks: readonly (readonly ChangedLine[])[], kind: ChangedLine['kind']): Run[] {
  const runs: Run[] = [];
  hunks.forEach((lines, hunk) => {
    lines.forEach((line, index) => {
      if (line.kind !== kind) return;
      const open = runs.at(-1);
      if (open?.hunk === hunk && open.start + open.texts.length === index) open.texts.push(line.text.trim());
      else runs.push({ hunk, start: index, texts: [line.text.trim()] });
    });
  });
  return runs;
}

function placesOf(runs: readonly Run[]): ReadonlyMap<string, Place[]> {
  const places = new Map<string, Place[]>();
  runs.forEach(({ texts }, run) => {
    texts.forEach((text, index) => {
      // No block begins with a line that has nothing in it.
      if (!/[\p{L}\p{N}]/u.test(text)) return;
      const known = places.get(text);
      if (known === undefined) places.set(text, [[run, index]]);
      else if (known.length < MAX_PLACES) known.push([run, index]);
    });
  });
  return places;
}

function longest(
  texts: readonly string[],
  at: number,
  runs: readonly Run[],
  places: ReadonlyMap<string, Place[]>,
): { length: number; run?: Run; from: number } {
  let best: { length: number; run?: Run; from: number } = { length: 0, from: 0 };
  for (const [index, from] of places.get(texts[at] ?? '') ?? []) {
    const run = runs[index];
    let length = 0;
    while (at + length < texts.length && run?.texts[from + length] === texts[at + length]) length += 1;
    if (run !== undefined && length > best.length) best = { length, run, from };
  }
  return best;
}
