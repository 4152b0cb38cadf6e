import type { MergeConflict } from '@heddle/contracts';
import { showPath, type TurnOutcome } from '@heddle/git';

/** More than that helps nobody, and goes into rows and events. */
const MAX_CONFLICTS = 100;
const MAX_MESSAGE = 500;

/** Where a merge conflicts, one for each path that git names. Empty where it is clean. */
export function conflictsOf(outcome: TurnOutcome): MergeConflict[] {
  if (outcome.clean === true) return [];
  if (outcome.clean === 'unknown') return [{ path: '', type: 'MERGE_UNDECIDED', message: outcome.text }];
  const found = new Map<string, MergeConflict>();
  for (const { type, paths, text } of outcome.messages) {
    if (!type.startsWith('CONFLICT')) continue;
    for (const bytes of paths) {
      const { path } = showPath(bytes);
      if (!found.has(path)) found.set(path, { path, type, message: text.slice(0, MAX_MESSAGE) });
    }
  }
  for (const bytes of outcome.paths) {
    const { path } = showPath(bytes);
    if (!found.has(path)) found.set(path, { path, type: 'CONFLICT', message: '' });
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, MAX_CONFLICTS);
}
