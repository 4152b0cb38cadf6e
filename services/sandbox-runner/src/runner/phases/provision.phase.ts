import type { SandboxSpec } from '@heddle/contracts/internal';
import type { ProvisionResult, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { offeredDriver } from '@heddle/sandbox';
import { toldWhileWaiting } from '../activities/told-while-waiting.js';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { AGENT_LABEL, NO_SETUP, setupLayers, type SetupLayers } from '../layers/setup-layers.js';
import { setupTarget } from '../layers/setup-target.js';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';
import { withSlot } from '../slots/with-slot.js';
import { seedTurn } from '../turns/turn-seed.js';
import { agentBox } from './agent-box.js';
import type { PhaseContext } from './phase-context.js';
import { release } from './release.phase.js';

const PHASE = 'provision';

/** Makes the sandbox of an attempt or a job; a repeat finds it. */
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
  const made = await withSlot(context, owner, () => openSandbox(context, owner, signal));
  const { sandbox, durationMs, setup } = made;
  const { driver, boundary, missing, fileSystem } = offeredDriver(context.hello, sandbox.spec.driver);
  const { setupCache, setupCacheReason } = setup;
  const result: ProvisionResult = {
    driver,
    boundary,
    missing,
    fileSystem,
    durationMs,
    setupCache,
    setupCacheReason,
  };
  await sandbox.recordPhase(PHASE, result);
  return result;
}

interface MadeSandbox {
  readonly sandbox: Sandbox;
  /** Without what it waited for a check-out or a set-up. */
  readonly durationMs: number;
  readonly setup: SetupLayers;
}

/** At its end a lower fence of an attempt may write nothing but salvage; nothing of a job is ever stored with review. */
async function openSandbox(context: PhaseContext, owner: SandboxOwnerRef, signal: AbortSignal): Promise<MadeSandbox> {
  const told = tellingOf(context, owner);
  const spec = await told(
    'specification',
    whileUnavailable(signal, () => context.specs.get(owner)),
  );
  const opening = isDryRun(owner)
    ? Promise.resolve()
    : whileUnavailable(signal, () =>
        context.store.openAttempt(spec.repositoryId, owner.id, owner.fence, spec.resume?.conversationCommit ?? ''),
      );
  // A refusal counts once nothing is being made any more.
  opening.catch(() => undefined);
  const made = await makeSandbox(context, owner, spec, signal);
  await told('opening with review', opening);
  return made;
}

async function makeSandbox(
  context: PhaseContext,
  owner: SandboxOwnerRef,
  spec: SandboxSpec,
  signal: AbortSignal,
): Promise<MadeSandbox> {
  offeredDriver(context.hello, spec.driver);
  context.egress.requireFor(spec);
  // The first sandbox on a base waits for its check-out; that is no part of what a sandbox takes.
  const told = tellingOf(context, owner);
  const bases = await told(
    'check-out',
    whileUnavailable(signal, () => context.sandboxes.warm(spec)),
  );
  const acquired = told('agent program', context.tools.acquire(spec.agent, spec.agentWanted, signal));
  const letGo = await acquired.catch((error: unknown) => {
    bases();
    throw error;
  });
  try {
    const start = performance.now();
    const sandbox = await told('work tree', context.sandboxes.create(owner, spec));
    context.egressReports.follow(sandbox);
    const beforeSetup = performance.now();
    const setup = isDryRun(owner) ? NO_SETUP : await told('set-up', layersOfBase(context, sandbox, signal));
    const waited = setup.setupCache === 'MISS' ? performance.now() - beforeSetup : 0;
    const seed = await told('conversation', seedTurn(context, sandbox, signal));
    const box = agentBox(sandbox, 1, setup, context.tools.mounts(spec.agent), seed);
    if (!isDryRun(owner))
      await told('box', context.supervisor.call('createBox', { sandbox: sandbox.name, box }, signal));
    const durationMs = Math.round((performance.now() - start - waited) * 10) / 10;
    await told('log', context.logs.of(sandbox));
    // No agent starts whose work could not be looked through afterwards.
    await told('secrets', context.secrets.of(sandbox, signal));
    return { sandbox, durationMs, setup };
  } finally {
    // From here on the sandbox's own record says that they are used.
    letGo();
    bases();
  }
}

/** A sandbox that is stopped meanwhile has none: no agent will start in it. */
async function layersOfBase(context: PhaseContext, sandbox: Sandbox, signal: AbortSignal): Promise<SetupLayers> {
  const target = await setupTarget(sandbox, AGENT_LABEL, sandbox.base.commit, context.store);
  const layers = await setupLayers(context, sandbox, target, signal);
  return layers === 'STOPPED' ? NO_SETUP : layers;
}

/** Some of what a sandbox waits for has no limit: a log line then says which. */
function tellingOf(
  { logger }: PhaseContext,
  owner: SandboxOwnerRef,
): <T>(step: string, work: Promise<T>) => Promise<T> {
  return (step, work) => toldWhileWaiting(logger, { owner: ownerKey(owner), step }, work);
}

/** Its set-up is a phase of its own, and no agent will run. */
function isDryRun({ kind }: SandboxOwnerRef): boolean {
  return kind === 'JOB';
}
