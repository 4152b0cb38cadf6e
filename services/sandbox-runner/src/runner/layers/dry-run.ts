import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, type JournalState } from '@heddle/sandbox';
import { hasNetwork, SETUP_WITHOUT_NETWORK } from '../network/network-of.js';
import type { PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { buildLayer, type LayerPlace } from './build-layer.js';
import type { BuildOutcome } from './layer-builds.js';
import { foresee } from './obtain-layer.js';
import { ownedLayer } from './owned-layer.js';
import { NO_SETUP, type SetupLayers } from './setup-layers.js';
import { say, segmentOf } from './setup-log.js';
import { setupTarget, type SetupTarget } from './setup-target.js';

/** Of the target that a dry run is over. */
export const DRY_RUN_LABEL = 'dry-run';

const FORESEEN = 'foreseen';

/** What an attempt would have met. */
type Foreseen = Pick<SetupLayers, 'setupCache' | 'setupCacheReason'>;

export interface DryRun extends Foreseen {
  readonly outcome: BuildOutcome | { readonly kind: 'NONE' };
  /** Of the script. */
  readonly durationMs: number;
}

/**
 * Runs the environment's set-up over the sandbox's base, whether there is a layer of it or not, or attaches to it. What it
 * leaves is this sandbox's alone: nobody else waits for it, finds it, or learns from it that there was one.
 */
export async function dryRun(context: PhaseContext, sandbox: Sandbox): Promise<DryRun> {
  const target = await setupTarget(sandbox, DRY_RUN_LABEL, sandbox.base.commit, context.store);
  const result = await run(context, sandbox, target);
  (await context.logs.of(sandbox)).endSegment(segmentOf(target).name);
  return result;
}

async function run(context: PhaseContext, sandbox: Sandbox, target: SetupTarget): Promise<DryRun> {
  if ((sandbox.spec.setup?.script ?? '').trim() === '') {
    await say(context, sandbox, target, 'the environment has no set-up script');
    await recordLayers(sandbox, NO_SETUP);
    return { outcome: { kind: 'NONE' }, setupCache: 'NONE', setupCacheReason: '', durationMs: 0 };
  }
  const foreseen = await foreseenOnce(context, sandbox, target);
  const directory = join(sandbox.directory.path, 'layers', DRY_RUN_LABEL);
  const outcome = await buildLayer(context, sandbox, { target, place: ownPlace(directory) });
  if (outcome.kind === 'PUBLISHED')
    await recordLayers(sandbox, {
      ...foreseen,
      // Evidence of nobody's: there is no layer that its checks could name.
      layerId: '',
      layers: [ownedLayer(join(directory, 'tree'), sandbox.base.uid)],
      homeLayers: [ownedLayer(join(directory, 'home'), sandbox.base.uid)],
    });
  return { ...foreseen, outcome, durationMs: lastingMs(await sandbox.state(), segmentOf(target).name) };
}

/** Whoever comes back goes on with what was said. */
async function foreseenOnce(context: PhaseContext, sandbox: Sandbox, target: SetupTarget): Promise<Foreseen> {
  const recorded = (await sandbox.state()).phases.get(FORESEEN) as Foreseen | undefined;
  if (recorded !== undefined) return recorded;
  const foreseen = await foresee(context, sandbox, target);
  const found =
    foreseen.setupCache === 'HIT'
      ? 'use the layer that is there (HIT)'
      : `run it too (MISS: ${foreseen.setupCacheReason})`;
  const network = hasNetwork(sandbox.spec, 'SETUP') ? '' : `; ${SETUP_WITHOUT_NETWORK}`;
  const text = `a dry run: nothing that it leaves is kept. An attempt on this commit would ${found}${network}`;
  await say(context, sandbox, target, text);
  await sandbox.recordPhase(FORESEEN, foreseen);
  return foreseen;
}

function ownPlace(directory: string): LayerPlace {
  const draft = `${directory}.new`;
  return {
    async draft() {
      await removeTree(draft);
      await mkdir(draft, { recursive: true, mode: 0o755 });
      return draft;
    },
    async keep() {
      await removeTree(directory);
      await rename(draft, directory);
      return 'what it left is thrown away';
    },
  };
}

/** Where checks over the same target find them. */
function recordLayers(sandbox: Sandbox, layers: SetupLayers): Promise<void> {
  return sandbox.recordPhase(`setup/${DRY_RUN_LABEL}`, layers);
}

/** Of the last go at it: what the platform's own going down ended is no part of it. */
function lastingMs(state: JournalState, segment: string): number {
  const [last] = [...state.processes.values()].filter(({ process }) => process.startsWith(segment)).slice(-1);
  const { startedAt, endedAt } = last?.result ?? {};
  return startedAt === undefined || endedAt === undefined ? 0 : endedAt - startedAt;
}
