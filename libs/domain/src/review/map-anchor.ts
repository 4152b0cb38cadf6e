import { isTelling } from './telling-lines.js';
import type { LineEdit } from './line-edit.js';

/** Lines of a text that somebody spoke about, from 1, and what they and their neighbours were. */
export interface LineAnchor {
  readonly startLine: number;
  readonly endLine: number;
  readonly quote: readonly string[];
  /** The lines just before and just behind, as far as there are any; they decide between places that are alike. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export type AnchorPosition =
  { readonly state: 'CURRENT'; readonly startLine: number; readonly endLine: number } | { readonly state: 'OUTDATED' };

const OUTDATED: AnchorPosition = { state: 'OUTDATED' };

/**
 * Where the lines of an anchor are in a later text.
 *
 * First by the difference of the two texts: lines that no edit touches have moved by what was added and removed before them.
 * Lines that were touched are then looked for by their quote among the lines that are new in the later text: those that were
 * there before are others, however equal. One place must be meant, by itself or by its neighbours; otherwise the anchor is
 * outdated. What is found always reads like the quote.
 *
 * @param edits what leads from the anchor's text to the later one, in order, without any line that stays
 * @param lines the later text
 */
export function mapAnchor(anchor: LineAnchor, edits: readonly LineEdit[], lines: readonly string[]): AnchorPosition {
  const start = shifted(anchor, edits) ?? quoted(anchor, edits, lines);
  if (start === undefined || !readsLike(anchor.quote, lines, start)) return OUTDATED;
  return { state: 'CURRENT', startLine: start, endLine: start + anchor.quote.length - 1 };
}

/** Undefined where an edit touches the lines or comes between them. */
function shifted({ startLine, endLine }: LineAnchor, edits: readonly LineEdit[]): number | undefined {
  let shift = 0;
  for (const { oldStart, oldLines, newLines } of edits) {
    const first = oldLines === 0 ? oldStart + 1 : oldStart;
    if (first > endLine) break;
    if (first + oldLines > startLine) return undefined;
    shift += newLines - oldLines;
  }
  return startLine + shift;
}

function quoted(anchor: LineAnchor, edits: readonly LineEdit[], lines: readonly string[]): number | undefined {
  const { quote } = anchor;
  const places = edits.flatMap(({ newStart, newLines }) => {
    const starts = Array.from({ length: Math.max(0, newLines - quote.length + 1) }, (_, index) => newStart + index);
    return starts.filter((start) => readsLike(quote, lines, start));
  });
  const scored = places.map((start) => ({ start, score: neighbours(anchor, lines, start) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const [place, ...others] = scored.filter(({ score }) => score === best);
  if (place === undefined || others.length > 0) return undefined;
  return best > 0 || isTelling(quote) ? place.start : undefined;
}

/** How many neighbours in a row are as they were, from the quote outwards; a blank line tells nothing by itself. */
function neighbours({ quote, before, after }: LineAnchor, lines: readonly string[], start: number): number {
  const above = before.map((_, index) => before[before.length - 1 - index]);
  const matching = (expected: readonly (string | undefined)[], at: (index: number) => number): number => {
    const differs = expected.findIndex((line, index) => lines[at(index) - 1] !== line);
    return expected.slice(0, differs === -1 ? undefined : differs).filter((line) => line?.trim() !== '').length;
  };
  return matching(above, (index) => start - 1 - index) + matching(after, (index) => start + quote.length + index);
}

function readsLike(quote: readonly string[], lines: readonly string[], start: number): boolean {
  return start >= 1 && quote.every((line, index) => lines[start - 1 + index] === line);
}
