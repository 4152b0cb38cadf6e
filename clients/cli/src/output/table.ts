import { oneLine } from './neutralise.js';
import type { Paint } from './style.js';
import { textWidth, truncate } from './text-width.js';

/** A cell is plain text (whatever it holds is made harmless here) and how to paint it. */
export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** This column gives way when the table is wider than the terminal. */
  readonly shrinks?: boolean;
}

const GAP = 2;
const NARROWEST = 8;

/**
 * Lines of a table with its head.
 * @param columns width of the terminal; undefined: as wide as it needs
 */
export function table(
  head: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { readonly columns?: number | undefined; readonly paintHead?: Paint } = {},
): string[] {
  const texts = rows.map((row) => head.map((_, index) => oneLine(row[index]?.text ?? '')));
  const widths = fit(head, texts, options.columns);
  const line = (cells: readonly string[], paints: readonly (Paint | undefined)[]): string =>
    cells
      .map((text, index) =>
        padded(text, widths[index] ?? 0, head[index]?.align ?? 'left', paints[index], index === cells.length - 1),
      )
      .join(' '.repeat(GAP))
      .trimEnd();
  return [
    line(
      head.map(({ title }) => title),
      head.map(() => options.paintHead),
    ),
    ...texts.map((cells, row) =>
      line(
        cells,
        head.map((_, index) => rows[row]?.[index]?.paint),
      ),
    ),
  ];
}

function fit(head: readonly Column[], texts: readonly (readonly string[])[], columns: number | undefined): number[] {
  const widths = head.map(({ title }, index) =>
    Math.max(textWidth(title), ...texts.map((row) => textWidth(row[index] ?? ''))),
  );
  if (columns === undefined) return widths;
  let excess = widths.reduce((sum, width) => sum + width, GAP * (head.length - 1)) - columns;
  for (const [index, column] of head.entries()) {
    const width = widths[index] ?? 0;
    if (excess <= 0 || column.shrinks !== true) continue;
    const narrowed = Math.max(Math.min(NARROWEST, width), width - excess);
    widths[index] = narrowed;
    excess -= width - narrowed;
  }
  return widths;
}

function padded(text: string, width: number, align: 'left' | 'right', paint: Paint | undefined, last: boolean): string {
  const shown = truncate(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(shown)));
  const painted = paint === undefined ? shown : paint(shown);
  if (align === 'right') return space + painted;
  return last ? painted : painted + space;
}
