import { take, type Attempt, type Batch, type Change, type HeddleClient, type OverlapPair } from '@heddle/sdk';

export interface Results {
  readonly batch: Batch;
  readonly changes: readonly Change[];
  readonly pairs: readonly OverlapPair[];
  readonly pendingPairs: number;
}

/** Changes, checks and overlaps are told by events: they may come moments after the end of their attempts. */
const LATE_MS = 15_000;
const PAUSE_MS = 100;

/** What the batch came to; waits for what is still on its way, but not for ever. */
export async function collect(heddle: HeddleClient, batchId: string, signal: AbortSignal): Promise<Results> {
  const until = performance.now() + LATE_MS;
  for (;;) {
    const batch = await heddle.batches.getById(batchId, { signal });
    const changes = await take(heddle.changes.listAll({ batchId }, { signal, pageSize: 200 }));
    const attempts = batch.tasks.flatMap((task) =>
      task.attempts.map((attempt) => ({ attempt, checks: task.checks.length })),
    );
    const complete = attempts.every(({ attempt, checks }) => isComplete(attempt, checks, changes));
    if (complete || performance.now() > until) {
      const { pairs, pendingPairs } = await heddle.overlaps.wait({ batchId }, { signal, timeoutMs: LATE_MS });
      return { batch, changes, pairs, pendingPairs };
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    signal.throwIfAborted();
  }
}

function isComplete(attempt: Attempt, checks: number, changes: readonly Change[]): boolean {
  const change = changes.find(({ attemptId }) => attemptId === attempt.id);
  if (attempt.state !== 'COMPLETED') return true;
  return change !== undefined && attempt.changeId === change.id && change.checks.length >= checks;
}
