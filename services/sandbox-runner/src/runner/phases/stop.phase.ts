import type { SandboxOwnerRef, StopReasonWord, StopResult } from '@heddle/contracts/workflows';
import type { PhaseContext } from './phase-context.js';

const GRACE_MS = 10_000;

/** Ends everything in the sandbox; its running phase then ends by itself as STOPPED. */
export async function stop(
  context: PhaseContext,
  owner: SandboxOwnerRef,
  reason: StopReasonWord,
  signal: AbortSignal,
): Promise<StopResult> {
  const sandbox = await context.sandboxes.get(owner);
  const result = await context.supervisor.call('stop', { sandbox: sandbox.name, reason, graceMs: GRACE_MS }, signal);
  // After it is on record: who waits in the sandbox reads it there.
  sandbox.ending.abort();
  return result;
}
