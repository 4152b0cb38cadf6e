import { readFileSync } from 'node:fs';
import type { AgentReport } from '@heddle/contracts/workflows';
import type { AgentAdapter, ReadActivity, TurnExit, TurnMode } from '../../agent-adapter.js';

export interface Reading {
  readonly activities: readonly ReadActivity[];
  readonly isOver: boolean;
  readonly report: AgentReport;
}

/** A run's lines as its adapter reads them; `exit` is how the program ended. */
export function readLines(
  adapter: AgentAdapter,
  lines: readonly string[],
  exit: Partial<TurnExit> = { exitCode: 0 },
  mode: TurnMode = 'CODE',
): Reading {
  const reader = adapter.reader({ workspace: '/workspace', mode });
  if (reader === undefined) throw new Error(`${adapter.kind} has no reader`);
  const activities = lines.flatMap((line) => [...reader.read(line)]);
  const report = reader.report({ exitCode: undefined, signal: undefined, ...exit });
  return { activities, isOver: reader.isOver, report };
}

/** What the real program printed, of `<folder>/fixtures`. */
export function recorded(folder: string, name: string): string[] {
  const url = new URL(`../../${folder}/fixtures/${name}.jsonl`, import.meta.url);
  return readFileSync(url, 'utf8').split('\n').filter(Boolean);
}

/** One line an activity, for comparing. */
export function brief({ activities }: Reading): string[] {
  return activities.map(({ kind, status, itemId, summary, command, reason }) =>
    [
      kind,
      status,
      itemId,
      summary,
      ...(command?.exitCode === undefined ? [] : [`exit ${String(command.exitCode)}`]),
      ...(reason === '' ? [] : [reason]),
    ].join(' '),
  );
}
