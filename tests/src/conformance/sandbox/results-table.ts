import { readMarkedTable, writeMarkedTable } from '../../support/docs/marked-table.js';
import type { Abuse, Mode } from './abuse.js';
import type { Result } from './run-suite.js';

const PAGE = 'security.md';
const MODES: readonly Mode[] = ['full', 'container', 'rootless-weak'];

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
  return new Map((await readMarkedTable(PAGE)).map((cells) => [cells[0] ?? '', cells[column] ?? '']));
}

/** Writes one column of the table and keeps the other ones. */
export async function writeColumn(mode: Mode, abuses: readonly Abuse[], results: readonly Result[]): Promise<void> {
  const columns = await Promise.all(
    MODES.map(async (each) =>
      each === mode ? new Map(abuses.map((abuse) => [abuse.id, cellOf(abuse, mode, results)])) : await readColumn(each),
    ),
  );
  await writeMarkedTable(PAGE, [
    ['', 'an agent …', ...MODES],
    ...abuses.map(({ id, title }) => [id, title, ...columns.map((cells) => cells.get(id) ?? '')]),
  ]);
}
