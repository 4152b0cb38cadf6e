import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';
import { currentAgentBox } from './agent-box.js';
import type { PhaseContext } from './phase-context.js';

/**
 * Gives the slot back; by then nothing runs in it any more. What is left of the sandbox goes when the last line of its
 * log is on record.
 */
export async function release(context: PhaseContext, owner: SandboxOwnerRef): Promise<void> {
  const sandbox = await context.sandboxes.find(owner);
  if (sandbox !== undefined) {
    const state = await sandbox.state();
    if ([...state.processes.values()].some(({ result }) => result === undefined))
      await context.supervisor.call('stop', { sandbox: sandbox.name, reason: 'CANCELLED', graceMs: 0 });
    if (!state.released) await sandbox.directory.journal.append({ type: 'released' });
    sandbox.ending.abort();
    context.clearing.add(sandbox);
  }
  context.slots.release(ownerKey(owner));
}

/**
 * Ends the log of a released sandbox and removes it; waits for JetStream and the supervisor as long as it takes.
 * An agent's work that is stored nowhere is not removed: it is kept beside, for an operator.
 */
export async function clear(context: PhaseContext, sandbox: Sandbox): Promise<void> {
  const isStored = await salvage(context, sandbox);
  await context.logs.end(sandbox);
  await sandbox.exclusively(() => remove(context, sandbox, isStored));
  await context.sandboxes.forget(sandbox);
}

/** After all that is still done to its directory. */
async function remove(context: PhaseContext, sandbox: Sandbox, isStored: boolean): Promise<void> {
  if (isStored) {
    await context.supervisor.call('remove', { sandbox: sandbox.name });
  } else {
    for (const box of (await sandbox.state()).boxes.values())
      await context.supervisor.call('destroyBox', { sandbox: sandbox.name, box: box.name });
    const kept = join(dirname(dirname(sandbox.directory.path)), 'kept');
    await mkdir(kept, { recursive: true, mode: 0o711 });
    await rename(sandbox.directory.path, join(kept, sandbox.name));
    context.logger.error(
      { sandbox: sandbox.name, directory: join(kept, sandbox.name) },
      'the work of an agent is stored nowhere; its directory is kept',
    );
  }
}

/** True if everything that an agent did in the sandbox is in review's store by now. */
async function salvage(context: PhaseContext, sandbox: Sandbox): Promise<boolean> {
  const state = await sandbox.state();
  const hasRun =
    sandbox.owner.kind === 'ATTEMPT' &&
    [...state.processes.values()].some(({ process }) => process.startsWith('turn-'));
  const isStored = [...state.checkpoints.values()].some(
    (checkpoint) => checkpoint.final && checkpoint.stored !== undefined,
  );
  const box = currentAgentBox(sandbox, state);
  if (!hasRun || isStored || box === undefined) return true;
  try {
    await context.checkpoints.takeDead(sandbox, {
      box,
      turn: 0,
      final: false,
      partial: true,
      at: Date.now(),
    });
    return true;
  } catch (error) {
    context.logger.error({ err: error, sandbox: sandbox.name }, 'what the agent left could not be stored');
    return false;
  }
}
