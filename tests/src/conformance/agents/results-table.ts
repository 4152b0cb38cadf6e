import { readMarkedTable, writeMarkedTable } from '../../support/docs/marked-table.js';
import type { Outcome } from './agent-suite.js';
import { KINDS, type Kind, type Scenario } from './scenario.js';

const PAGE = 'agents.md';

/** A column of the table in docs/agents.md, by the scenario's title. */
export async function readColumn(kind: Kind): Promise<Map<string, string>> {
  const column = KINDS.indexOf(kind) + 1;
  return new Map((await readMarkedTable(PAGE)).map((cells) => [cells[0] ?? '', cells[column] ?? '']));
}

/** Writes one column and keeps the others. */
export async function writeColumn(
  kind: Kind,
  scenarios: readonly Scenario[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const columns = await Promise.all(
    KINDS.map(async (each) =>
      each === kind
        ? new Map(scenarios.map((scenario) => [scenario.title, cellOf(kind, scenario, outcomes)]))
        : await readColumn(each),
    ),
  );
  await writeMarkedTable(PAGE, [
    ['an agent …', ...KINDS.map((each) => `\`${each}\``)],
    ...scenarios.map(({ title }) => [title, ...columns.map((cells) => cells.get(title) ?? '')]),
  ]);
}

function cellOf(kind: Kind, scenario: Scenario, outcomes: readonly Outcome[]): string {
  const gap = scenario.gaps?.[kind];
  if (gap !== undefined) return `no: ${gap}`;
  const outcome = outcomes.find((each) => each.scenario === scenario);
  return outcome !== undefined && outcome.faults.length === 0 ? 'shown' : 'FAILED';
}
