import type { SandboxSpec } from '@heddle/contracts/internal';
import type { ProvisionResult, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';
import { withSlot } from '../slots/with-slot.js';
import { agentBox } from './agent-box.js';
import type { PhaseContext } from './phase-context.js';
import { release } from './release.phase.js';

const PHASE = 'provision';

/** Makes the attempt's sandbox; a repeat finds it. */
export async function provision(
  context: PhaseContext,
  owner: SandboxOwnerRef,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const present = await context.sandboxes.find(owner);
  const recorded = present === undefined ? undefined : (await present.state()).phases.get(PHASE);
  if (recorded !== undefined) {
    context.slots.adopt(ownerKey(owner));
    return recorded as ProvisionResult;
  }
  // Never two agents of one attempt: what an earlier claim left here is salvaged, and does not act any more.
  for (const earlier of await context.sandboxes.before(owner)) await release(context, earlier.owner);
  const { sandbox, durationMs } = await withSlot(context, owner, () => openSandbox(context, owner, signal));
  const { driver, boundary, missing, fileSystem } = context.hello.description;
  const result: ProvisionResult = { driver, boundary, missing, fileSystem, durationMs };
  await sandbox.recordPhase(PHASE, result);
  return result;
}

/** At its end a lower fence of the attempt may write nothing but salvage. */
async function openSandbox(
  context: PhaseContext,
  owner: SandboxOwnerRef,
  signal: AbortSignal,
): Promise<{ sandbox: Sandbox; durationMs: number }> {
  const spec = await whileUnavailable(signal, () => context.specs.get(owner));
  const opening = whileUnavailable(signal, () => context.store.openAttempt(spec.repositoryId, owner.id, owner.fence));
  // A refusal counts once nothing is being made any more.
  opening.catch(() => undefined);
  const made = await makeSandbox(context, owner, spec, signal);
  await opening;
  return made;
}

async function makeSandbox(
  context: PhaseContext,
  owner: SandboxOwnerRef,
  spec: SandboxSpec,
  signal: AbortSignal,
): Promise<{ sandbox: Sandbox; durationMs: number }> {
  // The first sandbox on a base waits for its check-out; that is no part of what a sandbox takes.
  const bases = await whileUnavailable(signal, () => context.sandboxes.warm(spec));
  try {
    const start = performance.now();
    const sandbox = await context.sandboxes.create(owner, spec);
    await context.supervisor.call('createBox', { sandbox: sandbox.name, box: agentBox(sandbox, 1) }, signal);
    const durationMs = Math.round((performance.now() - start) * 10) / 10;
    await context.logs.of(sandbox);
    return { sandbox, durationMs };
  } finally {
    bases();
  }
}
