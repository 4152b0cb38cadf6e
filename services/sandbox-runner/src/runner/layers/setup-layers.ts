import { SandboxError, type JournalState, type Layer } from '@heddle/sandbox';
import type { PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { maintain } from './maintain.js';
import { obtainLayer } from './obtain-layer.js';
import { isSetupFault } from './setup-fault.js';
import { say, segmentOf } from './setup-log.js';
import type { SetupTarget } from './setup-target.js';

/** What the environment's set-up puts over a tree. */
export interface SetupLayers {
  /** Empty without a set-up. */
  readonly layerId: string;
  readonly setupCache: 'HIT' | 'MISS' | 'NONE';
  /** Why it was a miss. */
  readonly setupCacheReason: string;
  /** Above the tree's own layers, topmost first. */
  readonly layers: readonly Layer[];
  readonly homeLayers: readonly Layer[];
}

/** Of the target that is the agent's. */
export const AGENT_LABEL = 'agent';

export const NO_SETUP: SetupLayers = {
  layerId: '',
  setupCache: 'NONE',
  setupCacheReason: '',
  layers: [],
  homeLayers: [],
};

/** What was found for the agent when its sandbox was made. */
export function recordedSetup(state: JournalState): SetupLayers {
  return (state.phases.get(`setup/${AGENT_LABEL}`) as SetupLayers | undefined) ?? NO_SETUP;
}

/**
 * The layers of the environment's set-up for a tree: found, waited for, or built in this sandbox. `STOPPED` where the
 * sandbox is asked to end meanwhile.
 * @throws SandboxError SETUP_SCRIPT_FAILED, SETUP_SECRET_IN_LAYER; the signal's reason (the work itself goes on)
 */
export async function setupLayers(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  signal: AbortSignal,
): Promise<SetupLayers | 'STOPPED'> {
  const phase = `setup/${target.label}`;
  const recorded = (await sandbox.state()).phases.get(phase);
  if (recorded !== undefined) return recorded as SetupLayers;
  if ((sandbox.spec.setup?.script ?? '').trim() === '') return NO_SETUP;
  const end = async (): Promise<void> => {
    (await context.logs.of(sandbox)).endSegment(segmentOf(target).name);
  };
  try {
    const layers = await fit(context, sandbox, target, signal);
    await end();
    return layers;
  } catch (error) {
    // Whatever else it is comes again, and goes on with the same segment.
    if (SandboxError.is(error) && isSetupFault(error)) await end();
    throw error;
  }
}

async function fit(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  signal: AbortSignal,
): Promise<SetupLayers | 'STOPPED'> {
  const found = await obtainLayer(context, sandbox, target, signal);
  if (found === 'STOPPED') return 'STOPPED';
  const { layer, reason } = found;
  try {
    const above = await sandbox.shared(`maintain/${target.label}`, () => maintain(context, sandbox, target, layer));
    if (above === 'STOPPED') return 'STOPPED';
    if (reason === '')
      await say(context, sandbox, target, `the set-up's layer ${layer.key.slice(0, 12)} is used (HIT)`);
    const setupCache = reason === '' ? 'HIT' : 'MISS';
    const result: SetupLayers = { layerId: layer.key, setupCache, setupCacheReason: reason, ...above };
    // What the journal names is not evicted.
    await sandbox.recordPhase(`setup/${target.label}`, result);
    return result;
  } finally {
    found.release();
    if (reason !== '') void evict(context);
  }
}

/** There is one more. Nobody waits for the room that it took from others. */
async function evict(context: PhaseContext): Promise<void> {
  try {
    await context.layers.evict();
  } catch (error) {
    context.logger.warn({ err: error }, 'layers above their budget could not be removed');
  }
}
