import type { HeddleClient, Landing } from '@heddle/sdk';
import type { Approved } from './review.js';

export interface Landed extends Approved {
  readonly landing: Landing;
}

/** Puts the changes into the queue, all at once and in order, and tells each outcome as it comes. */
export async function land(
  heddle: HeddleClient,
  approved: readonly Approved[],
  targetBranch: string | undefined,
  { signal, onSettled }: { readonly signal: AbortSignal; readonly onSettled: (landed: Landed) => void },
): Promise<Landed[]> {
  const queued: Landed[] = [];
  for (const entry of approved) {
    const { id, headCommit } = entry.change;
    queued.push({
      ...entry,
      landing: await heddle.landings.create({ changeId: id, headCommit, targetBranch }, { signal }),
    });
  }
  const settled: Landed[] = [];
  for (const entry of queued) {
    const landed = { ...entry, landing: await heddle.landings.wait(entry.landing.id, { signal }) };
    settled.push(landed);
    onSettled(landed);
  }
  return settled;
}
