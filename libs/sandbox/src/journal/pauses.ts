/** Times during which nothing of a sandbox ran; Unix milliseconds. The last one has no end while it lasts. */
export interface Pause {
  readonly from: number;
  readonly to?: number;
}

export function isPaused(pauses: readonly Pause[]): boolean {
  const last = pauses.at(-1);
  return last !== undefined && last.to === undefined;
}

/** Adds the beginning of a pause; nothing changes where one lasts already. */
export function pausedAt(pauses: readonly Pause[], from: number): readonly Pause[] {
  return isPaused(pauses) ? pauses : [...pauses, { from }];
}

/** Ends the pause that lasts, if there is one. */
export function resumedAt(pauses: readonly Pause[], to: number): readonly Pause[] {
  const last = pauses.at(-1);
  if (last === undefined || last.to !== undefined) return pauses;
  return [...pauses.slice(0, -1), { from: last.from, to }];
}

/** Milliseconds of the pauses between two times. */
export function pausedMs(pauses: readonly Pause[], since: number, until: number): number {
  return pauses.reduce((sum, { from, to }) => {
    const overlap = Math.min(to ?? until, until) - Math.max(from, since);
    return sum + Math.max(0, overlap);
  }, 0);
}
