/** How soon a running agent's tree is looked at again; milliseconds. */
export interface CheckpointPace {
  /** After a look, where the agent has printed something since. */
  readonly leastMs: number;
  /** After a checkpoint that was stored, however much it prints: each is a pack for the store. */
  readonly storedMs: number;
  /** Where it prints nothing. */
  readonly mostMs: number;
}

export interface LastLook {
  /** With all that was stored of it. */
  readonly tookMs: number;
  readonly stored: boolean;
}

/** A look freezes the agent: it has so much more time for itself than looks take, and a store that is slow is asked less. */
const REST = 40;

/** How long after the last look the next one may be; `printed`: the agent has said something since. */
export function nextLookMs(pace: CheckpointPace, { tookMs, stored }: LastLook, printed: boolean): number {
  const { leastMs, storedMs, mostMs } = pace;
  if (!printed) return mostMs;
  return Math.min(mostMs, Math.max(stored ? storedMs : leastMs, tookMs * REST));
}
