import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@heddle/local';
import type { Abuse, Mode } from './abuse.js';
import type { Result } from './run-suite.js';

const PAGE = join(REPOSITORY_ROOT, 'docs', 'security.md');
const BEGIN = '<!-- results: begin -->';
const END = '<!-- results: end -->';
const MODES: readonly Mode[] = ['full', 'rootless-weak'];

/** What stands in the table for an abuse in one mode. */
export function cellOf(abuse: Abuse, mode: Mode, results: readonly Result[]): string {
  const gap = abuse.gaps?.[mode];
  if (gap !== undefined) return `gap: ${gap}`;
  const result = results.find(({ abuse: { id } }) => id === abuse.id);
  return result !== undefined && result.faults.length === 0 ? 'held' : 'FAILED';
}

/** A column of the table in docs/security.md, by the abuse's id. */
export async function readColumn(mode: Mode): Promise<Map<string, string>> {
  const column = MODES.indexOf(mode) + 2;
  return new Map((await rows()).map((cells) => [cells[0] ?? '', cells[column] ?? '']));
}

/** Writes one column of the table and keeps the other ones. */
export async function writeColumn(mode: Mode, abuses: readonly Abuse[], results: readonly Result[]): Promise<void> {
  const columns = await Promise.all(
    MODES.map(async (each) =>
      each === mode ? new Map(abuses.map((abuse) => [abuse.id, cellOf(abuse, mode, results)])) : await readColumn(each),
    ),
  );
  const lines = [
    ['', 'an agent …', ...MODES],
    ['---', '---', ...MODES.map(() => '---')],
    ...abuses.map(({ id, title }) => [id, title, ...columns.map((cells) => cells.get(id) ?? '')]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const table = lines.map((cells) => `| ${cells.map((cell, at) => pad(cell, widths[at] ?? 0)).join(' | ')} |`);
  const text = await readFile(PAGE, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for the results`);
  await writeFile(PAGE, `${before}${BEGIN}\n\n${table.join('\n')}\n\n${END}${after}`);
}

function pad(cell: string, width: number): string {
  return cell === '---' ? '-'.repeat(width) : cell.padEnd(width);
}

async function rows(): Promise<string[][]> {
  const table = (await readFile(PAGE, 'utf8')).split(BEGIN)[1]?.split(END)[0] ?? '';
  return table
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
    .slice(1)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}
