import { showPath, type MergeOutcome } from '@heddle/git';

/** The paths of a conflict, readable, at most 1,000. */
export function conflictPaths(outcome: Extract<MergeOutcome, { clean: false }>): string[] {
  return [...new Set(outcome.paths.map((path) => showPath(path).path))].sort().slice(0, 1_000);
}

/** What git says of a conflict, at most 20 lines. */
export function conflictText(outcome: Extract<MergeOutcome, { clean: false }>): string {
  const lines = outcome.messages
    .filter((message) => message.type.startsWith('CONFLICT'))
    .map((message) => message.text);
  return lines.slice(0, 20).join('\n');
}
