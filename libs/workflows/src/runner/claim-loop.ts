import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type {
  ClaimResult,
  NextClaim,
  PoolActivities,
  RunnerActivities,
  SandboxOwnerRef,
} from '@heddle/contracts/workflows';
import { MAX_BROKEN_CLAIMS, MAX_LOSSES } from './failures.js';
import type { StopControl } from './stop-control.js';

/** How one claim ended: with the end of its work, or with a reason to claim again. */
export type ClaimEnd =
  'ENDED' | 'LOST' | 'SUPERSEDED' | 'NO_ROOM' | { readonly broken: string; readonly message: string };

/** Why the work waits for another claim, or fails for want of one. */
export interface ClaimTrouble {
  readonly statusDetail: string;
  readonly message?: string;
  readonly isFinal: boolean;
}

export interface ClaimedWork {
  claimOnce(claim: NextClaim): Promise<ClaimEnd>;
  /** The fence is raised with each. */
  nextClaim(): Promise<NextClaim>;
  /** @returns how many runners the work has lost, this one included */
  lost(): number;
  record(trouble: ClaimTrouble): Promise<unknown>;
}

/** A runner that had no room after all asks for the next claim only after a pause. */
const NO_ROOM_PAUSE_MS = 1_000;
const STOP_PERIOD_MS = 2_000;

/** Claims until the work has ended: again where a runner was lost or a phase broke, but not for ever. */
export async function claimUntilEnded(first: NextClaim, work: ClaimedWork): Promise<void> {
  let brokenClaims = 0;
  let lastBroken = '';
  for (let next = first; ; next = await work.nextClaim()) {
    const end = await work.claimOnce(next);
    if (end === 'ENDED' || end === 'SUPERSEDED') return;
    if (end === 'NO_ROOM') {
      await sleep(NO_ROOM_PAUSE_MS);
      continue;
    }
    if (end === 'LOST') {
      const isFinal = work.lost() >= MAX_LOSSES;
      await work.record({ statusDetail: 'RUNNER_LOST', isFinal });
      if (isFinal) return;
      continue;
    }
    brokenClaims = end.broken === lastBroken ? brokenClaims + 1 : 1;
    lastBroken = end.broken;
    const isFinal = brokenClaims >= MAX_BROKEN_CLAIMS;
    await work.record({ statusDetail: end.broken, message: end.message, isFinal });
    if (isFinal) return;
  }
}

/**
 * A queued claim is taken back when a stop comes (undefined); one that was answered in the same moment is used, and then
 * stopped.
 */
export async function claimUnlessStopped(
  pool: PoolActivities,
  owner: SandboxOwnerRef,
  stop: StopControl,
): Promise<ClaimResult | undefined> {
  if (stop.reason !== undefined) return undefined;
  const scope = new CancellationScope();
  let answered = false;
  const claiming = scope.run(async () => {
    try {
      return await pool.claim({ owner });
    } finally {
      answered = true;
    }
  });
  void stop
    .requested(() => answered)
    .then(() => {
      if (!answered) scope.cancel();
    });
  try {
    return await claiming;
  } catch (error) {
    if (isCancellation(error)) return undefined;
    // Whatever broke there, no phase has begun: the next claim may go to another runner.
    return { outcome: 'NO_ROOM' };
  }
}

/** Asked again until the phases have ended: nothing but a stop ends what runs, and one may find its runner away. */
export async function stopWhenRequested(
  owner: SandboxOwnerRef,
  phases: RunnerActivities,
  stop: StopControl,
  over: () => boolean,
): Promise<void> {
  const reason = await stop.requested(over);
  while (reason !== undefined && !over()) {
    await phases.stop({ owner, reason }).catch(() => undefined);
    await condition(over, STOP_PERIOD_MS);
  }
}
