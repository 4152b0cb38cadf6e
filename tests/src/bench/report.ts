/** One measured line: a figure of Heddle, what it is compared with, and the goal where there is one. */
export interface Row {
  readonly what: string;
  readonly heddle: string;
  readonly alternative?: string;
  /** How many times better Heddle is than the alternative; under 1 it is worse. */
  readonly ratio?: number;
  readonly goal?: { readonly text: string; readonly met: boolean };
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

const HEADINGS = ['measured', 'Heddle', 'alternative', 'ratio', 'goal'] as const;

/** The sections as one table in Markdown, columns aligned. */
export function table(sections: readonly Section[]): string {
  const lines = sections.flatMap(({ title, rows }) => [[`**${title}**`, '', '', '', ''], ...rows.map(cells)]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const row = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [row(HEADINGS), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.map(row)].join('\n');
}

function cells(row: Row): string[] {
  const goal = row.goal === undefined ? '' : `${row.goal.text}: ${row.goal.met ? 'met' : 'MISSED'}`;
  return [row.what, row.heddle, row.alternative ?? '', row.ratio === undefined ? '' : `${row.ratio.toFixed(1)}×`, goal];
}

export function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1_000).toFixed(1)} s` : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}

export function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
