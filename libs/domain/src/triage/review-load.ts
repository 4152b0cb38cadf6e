import type { TriageVerdict } from './triage-change.js';

/** A day of a reviewer of whom nothing else is said. */
export const MINUTES_PER_DAY = 120;

/** Minutes that the changes which wait for a person ask for together; what goes back to an agent asks for none. */
export function queuedMinutes(changes: readonly TriageVerdict[]): number {
  return changes.reduce(
    (total, { route, effortMinutes }) => total + (route === 'RETURN_TO_AGENT' ? 0 : effortMinutes),
    0,
  );
}

/** @param limit minutes; 0: there is none */
export function isOverBacklogLimit(minutes: number, limit: number): boolean {
  return limit > 0 && minutes > limit;
}
