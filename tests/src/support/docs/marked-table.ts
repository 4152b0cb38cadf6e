import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@heddle/local';

const BEGIN = '<!-- results: begin -->';
const END = '<!-- results: end -->';

/** The rows below the head of the table that tests write into a page of docs/; none before it was written. */
export async function readMarkedTable(page: string): Promise<string[][]> {
  const table = (await readFile(pathOf(page), 'utf8')).split(BEGIN)[1]?.split(END)[0] ?? '';
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

/** @param rows with the head; each has as many cells */
export async function writeMarkedTable(page: string, [head = [], ...rows]: readonly string[][]): Promise<void> {
  const lines = [head, head.map(() => '---'), ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const table = lines.map((cells) => `| ${cells.map((cell, at) => pad(cell, widths[at] ?? 0)).join(' | ')} |`);
  const text = await readFile(pathOf(page), 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/${page} has no place for the results`);
  await writeFile(pathOf(page), `${before}${BEGIN}\n\n${table.join('\n')}\n\n${END}${after}`);
}

function pathOf(page: string): string {
  return join(REPOSITORY_ROOT, 'docs', page);
}

function pad(cell: string, width: number): string {
  return cell === '---' ? '-'.repeat(width) : cell.padEnd(width);
}
