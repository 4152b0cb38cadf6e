import type { LineEdit } from './line-edit.js';

/** An edit with what it puts in place of the old lines. */
export interface TextEdit extends Pick<LineEdit, 'oldStart' | 'oldLines'> {
  readonly lines: readonly string[];
}

/** Lines of a base that at least one of two sets of edits replaces; `start` is the first, or the one behind which is added. */
export interface EditedRegion {
  readonly kind: 'ONLY_FIRST' | 'ONLY_SECOND' | 'SAME' | 'DIFFERENT';
  readonly start: number;
  readonly base: readonly string[];
  readonly first: readonly string[];
  readonly second: readonly string[];
}

/**
 * Sets two sets of edits of one base side by side: what only one does, what both do alike, and where both do something
 * different. Edits that overlap, add at one place or touch each other belong to one region.
 *
 * @param base what each line of the base is; asked only for lines that an edit replaces or that lie between such in a region
 */
export function compareEdits(
  first: readonly TextEdit[],
  second: readonly TextEdit[],
  base: (line: number) => string,
): EditedRegion[] {
  const spans = [...first.map((edit) => span(edit, 0)), ...second.map((edit) => span(edit, 1))].sort(
    (a, b) => a.from - b.from || a.to - b.to,
  );
  const groups: Span[][] = [];
  let end = -1;
  for (const each of spans) {
    const open = groups.at(-1);
    if (open === undefined || each.from > end) groups.push([each]);
    else open.push(each);
    end = Math.max(end, each.to);
  }
  return groups.map((group) => region(group, base));
}

/** Gaps between lines: gap n lies behind line n. An edit reaches from the gap before its first line to that behind its last. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly side: 0 | 1;
  readonly lines: readonly string[];
}

function span({ oldStart, oldLines, lines }: TextEdit, side: 0 | 1): Span {
  const from = oldLines === 0 ? oldStart : oldStart - 1;
  return { from, to: from + oldLines, side, lines };
}

function region(group: readonly Span[], base: (line: number) => string): EditedRegion {
  const from = Math.min(...group.map((each) => each.from));
  const to = Math.max(...group.map((each) => each.to));
  const between = (start: number, end: number): string[] =>
    Array.from({ length: end - start }, (_, index) => base(start + index + 1));
  const text = (side: 0 | 1): string[] => {
    const lines: string[] = [];
    let at = from;
    for (const each of group.filter((one) => one.side === side)) {
      lines.push(...between(at, each.from), ...each.lines);
      at = each.to;
    }
    return [...lines, ...between(at, to)];
  };
  const [first, second] = [text(0), text(1)];
  return {
    kind: kindOf(group, first, second),
    start: to > from ? from + 1 : from,
    base: between(from, to),
    first,
    second,
  };
}

function kindOf(group: readonly Span[], first: readonly string[], second: readonly string[]): EditedRegion['kind'] {
  const sides = new Set(group.map(({ side }) => side));
  if (sides.size === 1) return sides.has(0) ? 'ONLY_FIRST' : 'ONLY_SECOND';
  const alike = first.length === second.length && first.every((line, index) => line === second[index]);
  return alike ? 'SAME' : 'DIFFERENT';
}
