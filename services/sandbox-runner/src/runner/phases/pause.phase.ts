import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import type { PhaseContext } from './phase-context.js';

/** Freezes everything in the sandbox, also what is started later, until `resume`. A stop ends it all the same. */
export async function pause(context: PhaseContext, owner: SandboxOwnerRef, signal: AbortSignal): Promise<void> {
  const sandbox = await context.sandboxes.get(owner);
  await context.supervisor.call('pause', { sandbox: sandbox.name }, signal);
}

export async function resume(context: PhaseContext, owner: SandboxOwnerRef, signal: AbortSignal): Promise<void> {
  const sandbox = await context.sandboxes.get(owner);
  await context.supervisor.call('resume', { sandbox: sandbox.name }, signal);
}
