import type { Batch, HeddleClient } from '@heddle/sdk';
import { showProgress, type Output } from '@heddle/cli';
import type { DemoPlan } from '../plan.js';

/** Launches the batch and shows it to its end. */
export async function launch(
  heddle: HeddleClient,
  plan: DemoPlan,
  repositoryId: string,
  { out, signal }: { readonly out: Output; readonly signal: AbortSignal },
): Promise<Batch> {
  const batch = await heddle.batches.create({ ...plan.batch, repositoryId }, { signal, timeoutMs: 300_000 });
  const ended = await showProgress(heddle.followBatch(batch.id, { signal }), { out, now: () => new Date() });
  return ended ?? batch;
}
