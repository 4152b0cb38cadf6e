import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReleaseResult, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { errnoOf, type JournalState } from '@heddle/sandbox';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';
import { currentAgentBox } from './agent-box.js';
import type { PhaseContext } from './phase-context.js';

const SALVAGED = 'salvage';

/**
 * Gives the slot back; by then nothing runs in it any more. What is left of the sandbox goes when the last line of its
 * log is on record, and what its environment says is kept for inspection does so when that time is over.
 */
export async function release(context: PhaseContext, owner: SandboxOwnerRef): Promise<ReleaseResult> {
  const sandbox = await context.sandboxes.find(owner);
  const keptUntil = sandbox === undefined ? undefined : await letGo(context, sandbox);
  context.slots.release(ownerKey(owner));
  return keptUntil === undefined ? {} : { keptUntil };
}

/** @returns until when it is kept, in milliseconds since the epoch */
async function letGo(context: PhaseContext, sandbox: Sandbox): Promise<number | undefined> {
  const state = await sandbox.state();
  if ([...state.processes.values()].some(({ result }) => result === undefined))
    await context.supervisor.call('stop', { sandbox: sandbox.name, reason: 'CANCELLED', graceMs: 0 });
  let { keptUntil } = state;
  if (!state.released) {
    keptUntil = keepUntil(sandbox, state);
    const kept = keptUntil === undefined ? [] : [{ type: 'kept', until: keptUntil } as const];
    try {
      await sandbox.directory.journal.append(...kept, { type: 'released' });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      // The supervisor was ending its removal, which a runner that is gone by now had asked for.
      await context.sandboxes.forget(sandbox);
      return undefined;
    }
  }
  sandbox.ending.abort();
  context.clearing.add(sandbox);
  return keptUntil;
}

/** Only where an agent has run: there is nothing else to look at. */
function keepUntil({ owner, spec }: Sandbox, state: JournalState): number | undefined {
  const { seconds = '0', nanos = 0 } = spec.keepDuration ?? {};
  const ms = Number(seconds) * 1_000 + nanos / 1e6;
  return owner.kind === 'ATTEMPT' && ms > 0 && state.processes.size > 0 ? Math.round(Date.now() + ms) : undefined;
}

/**
 * Ends the log of a released sandbox and removes it, or unmounts one that is still kept; waits for JetStream and the
 * supervisor as long as it takes. An agent's work that is stored nowhere is not removed: it is kept beside, for an operator.
 * @param isEvicted the disk needs its room: it goes before its time
 */
export async function clear(context: PhaseContext, sandbox: Sandbox, isEvicted = false): Promise<void> {
  const isStored = await salvage(context, sandbox);
  context.egressReports.follow(sandbox);
  await context.egressReports.end(sandbox);
  await context.logs.end(sandbox);
  context.secrets.forget(sandbox);
  const { keptUntil = 0, boxes, destroyed } = await sandbox.state();
  if (keptUntil > Date.now() && !isEvicted) {
    for (const name of boxes.keys())
      if (!destroyed.has(name)) await context.supervisor.call('destroyBox', { sandbox: sandbox.name, box: name });
    return;
  }
  // Nobody looks around any longer in what is about to go.
  await context.supervisor.call('closeTerminals', { sandbox: sandbox.name });
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
  if (!hasRun || isStored || box === undefined || state.phases.has(SALVAGED)) return true;
  try {
    await context.checkpoints.takeDead(sandbox, {
      box,
      turn: 0,
      final: false,
      partial: true,
      at: Date.now(),
    });
    // Its log may take long to end, and whoever takes it up again need not do this anew.
    await sandbox.recordPhase(SALVAGED, {});
    return true;
  } catch (error) {
    context.logger.error({ err: error, sandbox: sandbox.name }, 'what the agent left could not be stored');
    return false;
  }
}
