import { copyFile } from 'node:fs/promises';
import { SandboxError } from '@heddle/sandbox';
import { sayInSegment, segmentFiles, setupSegment } from '../logs/log-segment.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';
import { buildLayer, type LayerPlace } from './build-layer.js';
import type { BuildClaim, BuildOutcome } from './layer-builds.js';
import { layerPlan, type LayerPlan } from './layer-plan.js';
import type { LayerRecipe } from './layer-key.js';
import type { StoredLayer } from './layer-store.js';
import { missReason, traceOf, type MissReason } from './miss-reason.js';
import { overlaps } from './overlaps.js';
import { say, segmentOf } from './setup-log.js';
import { setupTarget, type SetupTarget } from './setup-target.js';

export interface HeldLayer {
  readonly layer: StoredLayer;
  /** Why it was not there already; empty if it was. */
  readonly reason: MissReason | '';
  release(): void;
}

/** The layer for a tree: found, waited for, or built in this sandbox. `STOPPED` where the sandbox is asked to end. */
export async function obtainLayer(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  signal: AbortSignal,
): Promise<HeldLayer | 'STOPPED'> {
  const plan = await planFor(context, sandbox, target);
  const missed = `miss/${target.label}`;
  let reason = (await sandbox.state()).phases.get(missed) as MissReason | undefined;
  for (;;) {
    signal.throwIfAborted();
    const found = await find(context, target, plan);
    if ('layer' in found) return { ...found, reason: reason ?? '' };
    if ((await sandbox.state()).stopping !== undefined) return 'STOPPED';
    if (reason === undefined) {
      reason = await whyMissed(context, plan, found);
      await sandbox.recordPhase(missed, reason);
      await say(context, sandbox, target, `there is no layer of the set-up yet (MISS: ${reason})`);
    }
    const outcome = await build(context, sandbox, target, { plan, key: found.build, signal });
    if (outcome.kind === 'FAILED') throw new SandboxError(outcome.reason, outcome.message);
  }
}

/** What obtaining the tree's layer would meet now: nothing is built, held or recorded for it. */
export async function foresee(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
): Promise<{ readonly setupCache: 'HIT' | 'MISS'; readonly setupCacheReason: MissReason | '' }> {
  const plan = await planFor(context, sandbox, target);
  const found = await find(context, target, plan);
  if ('build' in found) return { setupCache: 'MISS', setupCacheReason: await whyMissed(context, plan, found) };
  found.release();
  return { setupCache: 'HIT', setupCacheReason: '' };
}

async function planFor(context: PhaseContext, sandbox: Sandbox, target: SetupTarget): Promise<LayerPlan> {
  const { inputs = [] } = sandbox.spec.setup ?? {};
  const tracked = inputs.length === 0 ? undefined : await context.trees.of(target.gitDir, target.tree);
  return layerPlan(sandbox, target, tracked, context.hostFacts);
}

interface NotFound {
  /** The key under which one has to be built. */
  readonly build: string;
  readonly overlaps: boolean;
}

async function whyMissed(context: PhaseContext, plan: LayerPlan, { build, overlaps }: NotFound): Promise<MissReason> {
  return overlaps ? 'BASE_OVERLAP' : missReason(build, plan.recipe, await context.layers.readTraces());
}

/** The layer, held; or what has to be built. */
async function find(
  context: PhaseContext,
  target: SetupTarget,
  plan: LayerPlan,
): Promise<{ readonly layer: StoredLayer; readonly release: () => void } | NotFound> {
  let isInTheWay = false;
  if (plan.shared !== undefined) {
    const shared = await context.layers.hold(plan.shared);
    if (shared !== undefined) {
      isInTheWay = true;
      try {
        isInTheWay = shared.layer.tree !== target.tree && (await overlaps(context.trees, shared.layer, target));
        if (!isInTheWay) return shared;
      } finally {
        if (isInTheWay) shared.release();
      }
    }
  }
  for (const key of plan.ofTree) {
    const own = await context.layers.hold(key);
    if (own !== undefined) return own;
  }
  return { build: plan.isTrusted && !isInTheWay ? (plan.shared ?? plan.own) : plan.own, overlaps: isInTheWay };
}

async function build(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  how: { readonly plan: LayerPlan; readonly key: string; readonly signal: AbortSignal },
): Promise<BuildOutcome | { readonly kind: 'INTERRUPTED' }> {
  const { plan, key, signal } = how;
  const own: BuildClaim = { owner: sandbox.owner, label: target.label, commit: target.commit };
  const { claim, outcome } = await context.builds.join(
    key,
    own,
    (left) => goesOn(context, left),
    async (by) => {
      const builder = await context.sandboxes.get(by.owner);
      const over =
        builder === sandbox && by.label === target.label
          ? target
          : await builder.exclusively(() => setupTarget(builder, by.label, by.commit, context.store));
      return buildLayer(context, builder, { target: over, place: inStore(context, key, plan.recipe, over) });
    },
  );
  const isOwn = ownerKey(claim.owner) === sandbox.name;
  if (!isOwn) await say(context, sandbox, target, `waits for the set-up that runs in ${ownerKey(claim.owner)}`);
  const ended = await firstOf(outcome, [signal, sandbox.ending.signal]).catch((error: unknown) => {
    // Its builder's trouble is not this one's, which may build itself.
    if (isOwn || signal.aborted) throw error;
    return { kind: 'INTERRUPTED' } as const;
  });
  if (!isOwn && ended.kind === 'PUBLISHED') await say(context, sandbox, target, 'the layer is there');
  if (!isOwn && ended.kind === 'FAILED') await copyLog(context, sandbox, target, claim, ended);
  return ended;
}

/** For every sandbox of this host whose set-up has the key. */
function inStore(context: PhaseContext, key: string, recipe: LayerRecipe, { tree, commit }: SetupTarget): LayerPlace {
  return {
    draft: () => context.layers.draft(key),
    async keep(draft, bytes) {
      await context.layers.publish(draft, { key, tree, commit, bytes }, traceOf(key, recipe));
      return `its layer is ${key.slice(0, 12)}`;
    },
  };
}

/** A builder of before this process came: its box was made, and nobody has given it up. */
async function goesOn(context: PhaseContext, claim: BuildClaim): Promise<boolean> {
  const builder = await context.sandboxes.find(claim.owner);
  if (builder === undefined) return false;
  const state = await builder.state();
  return (
    state.stopping === undefined &&
    !state.released &&
    [...state.processes.values()].some(({ process }) => process.startsWith(`setup-${claim.label}`))
  );
}

/** Waits no longer than somebody wants it; a stopped sandbox looks at its own state next. */
async function firstOf(
  outcome: Promise<BuildOutcome>,
  [aborted, ending]: readonly [AbortSignal, AbortSignal],
): Promise<BuildOutcome | { readonly kind: 'INTERRUPTED' }> {
  let settle = (): void => undefined;
  const over = new Promise<{ readonly kind: 'INTERRUPTED' }>((resolve) => {
    settle = () => {
      resolve({ kind: 'INTERRUPTED' });
    };
  });
  if (aborted.aborted || ending.aborted) settle();
  aborted.addEventListener('abort', settle, { once: true });
  ending.addEventListener('abort', settle, { once: true });
  try {
    return await Promise.race([outcome, over]);
  } finally {
    aborted.removeEventListener('abort', settle);
    ending.removeEventListener('abort', settle);
  }
}

/** Whoever waited sees why, in its own log. */
async function copyLog(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  claim: BuildClaim,
  { segment, message }: Extract<BuildOutcome, { kind: 'FAILED' }>,
): Promise<void> {
  const builder = await context.sandboxes.find(claim.owner);
  const files = builder === undefined ? [] : segmentFiles(builder.directory.spool, setupSegment(segment));
  const own = segmentFiles(sandbox.directory.spool, segmentOf(target));
  for (const [index, file] of files.entries()) {
    const to = own[index];
    if (to !== undefined && /\.(out|err)$/.test(file.key)) await copyFile(file.path, to.path).catch(() => undefined);
  }
  await sayInSegment(
    sandbox.directory.spool,
    segmentOf(target),
    'after',
    `${message} (it ran in ${ownerKey(claim.owner)})`,
  );
}
