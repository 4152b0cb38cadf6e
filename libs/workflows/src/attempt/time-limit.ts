export interface Clock {
  sleep(ms: number): Promise<void>;
  /** Resolves at once where nothing is paused. */
  untilResumed(): Promise<void>;
  /** Milliseconds of all pauses so far, the one that lasts included. */
  pausedMs(): number;
  now(): number;
}

/** Resolves when so much time has passed in which nothing was paused. */
export async function untilSpent(limitMs: number, clock: Clock): Promise<void> {
  const active = (): number => clock.now() - clock.pausedMs();
  for (const end = active() + limitMs; active() < end;) {
    await clock.sleep(end - active());
    await clock.untilResumed();
  }
}
