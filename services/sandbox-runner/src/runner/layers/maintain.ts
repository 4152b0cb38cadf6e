import { mkdir, rename } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree, SandboxError, type Layer } from '@heddle/sandbox';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { sayInSegment, setupSegment } from '../logs/log-segment.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { removeBox } from '../phases/remove-box.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { maskOf, maskText } from '../secrets/secret-mask.js';
import type { StoredLayer } from './layer-store.js';
import { ownedLayer } from './owned-layer.js';
import { runScript, scriptFault, takenPhase } from './run-script.js';
import { filesWithSecrets } from './secret-scan.js';
import type { SetupTarget } from './setup-target.js';
import { setupVariables } from './setup-variables.js';
import { shown } from './shown-paths.js';
import { takeLayer } from './take-layer.js';
import { touchLayer } from './touch-layer.js';

const TIMEOUT_MS = 30 * 60_000;

interface Above {
  readonly layers: readonly Layer[];
  readonly homeLayers: readonly Layer[];
}

/**
 * What lies over the tree so that the layer fits it. Over another tree than its own, files that differ are made new and the
 * environment's maintenance script runs; what that leaves is this sandbox's alone, and no part of an agent's change.
 */
export async function maintain(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  layer: StoredLayer,
): Promise<Above | 'STOPPED'> {
  const setup: Above = {
    layers: [ownedLayer(layer.workTree, sandbox.base.uid)],
    homeLayers: [ownedLayer(layer.home, sandbox.base.uid)],
  };
  if (layer.tree === target.tree) return setup;
  const touched = await touch(context, sandbox, target, layer);
  const above = { ...setup, layers: [...touched, ...setup.layers] };
  if (sandbox.spec.maintenance.trim() === '') return above;
  return runMaintenance(context, sandbox, target, above);
}

async function touch(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  layer: StoredLayer,
): Promise<readonly Layer[]> {
  const mirror = await whileUnavailable(undefined, () =>
    context.mirrors.ensure(sandbox.spec.repositoryId, layer.commit),
  );
  const before = await context.trees.of(mirror.gitDir, layer.tree);
  const changed = (await context.trees.of(target.gitDir, target.tree)).changedSince(before);
  if (changed.length === 0) return [];
  const directory = join(privateLayers(sandbox), `touched-${target.label}`);
  return [await touchLayer(directory, changed, target.below, sandbox.base.uid)];
}

async function runMaintenance(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  above: Above,
): Promise<Above | 'STOPPED'> {
  const name = `maintenance-${target.label}`;
  const directory = join(privateLayers(sandbox), name);
  const result = (): Above => own(context, sandbox, directory, above);
  if (existsSync(directory)) return result();
  const variables = await setupVariables(context, sandbox, target);
  const run = await runScript(context, sandbox, {
    name,
    script: sandbox.spec.maintenance,
    layers: [...above.layers, ...target.below],
    homeLayers: above.homeLayers,
    variables,
    timeoutMs: TIMEOUT_MS,
  });
  if (run === 'STOPPED') return 'STOPPED';
  const say = async (text: string): Promise<void> =>
    sayInSegment(sandbox.directory.spool, setupSegment(run.segment), 'after', text);
  try {
    const fault = scriptFault('the maintenance script', run.result, TIMEOUT_MS);
    if (fault !== undefined) {
      await say(fault);
      throw new SandboxError('SETUP_SCRIPT_FAILED', fault);
    }
    const draft = `${directory}.new`;
    const left = await sandbox.exclusively(async () => {
      await removeTree(draft);
      await mkdir(draft, { recursive: true, mode: 0o755 });
      await context.supervisor.call('createBox', { sandbox: sandbox.name, box: run.box });
      await sandbox.recordPhase(takenPhase(run.box), {});
      const taken = await takeLayer({
        box: run.box,
        tracked: await context.trees.of(target.gitDir, target.tree),
        owner: sandbox.base.uid,
        attributePrefix: context.hello.attributePrefix,
        keepsMarks: true,
        into: draft,
      });
      return taken.left;
    });
    const leaks = await filesWithSecrets(draft, Object.values(variables));
    if (leaks.length > 0) {
      const where = maskText(maskOf(Object.values(variables)), shown(leaks));
      const message = `the maintenance script left the value of a secret in ${where}`;
      await removeTree(draft);
      await say(message);
      throw new SandboxError('SETUP_SECRET_IN_LAYER', message);
    }
    if (left.length > 0) await say(`what it did to files of the repository is not kept: ${shown(left)}`);
    await rename(draft, directory);
    return result();
  } finally {
    (await context.logs.of(sandbox)).endSegment(run.segment);
    void removeBox(context, sandbox, run.box);
  }
}

/** Over what it was made over. A full copy holds all of that already. */
function own(context: PhaseContext, { base }: Sandbox, directory: string, above: Above): Above {
  const tree = ownedLayer(join(directory, 'tree'), base.uid);
  const home = ownedLayer(join(directory, 'home'), base.uid);
  if (context.hello.attributePrefix !== undefined)
    return { layers: [tree, ...above.layers], homeLayers: [home, ...above.homeLayers] };
  const touched = above.layers.slice(0, -1);
  return { layers: [...touched, tree], homeLayers: [home] };
}

function privateLayers(sandbox: Sandbox): string {
  return join(sandbox.directory.path, 'layers');
}
