import { errnoOf, removeTree, SandboxError } from '@heddle/sandbox';
import { sayInSegment, setupSegment } from '../logs/log-segment.js';
import { hasNetwork, SETUP_WITHOUT_NETWORK } from '../network/network-of.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { removeBox } from '../phases/remove-box.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { maskOf, maskText } from '../secrets/secret-mask.js';
import type { BuildOutcome } from './layer-builds.js';
import { isSetupFault } from './setup-fault.js';
import { runScript, scriptFault, takenPhase, type EndedScript } from './run-script.js';
import { filesWithSecrets } from './secret-scan.js';
import type { SetupTarget } from './setup-target.js';
import { setupVariables } from './setup-variables.js';
import { shown } from './shown-paths.js';
import { takeLayer, type TakenLayer } from './take-layer.js';

const DEFAULT_TIMEOUT_MS = 30 * 60_000;

/** Where what a set-up left goes. */
export interface LayerPlace {
  /** An empty directory that `keep` can take. */
  draft(): Promise<string>;
  /** @returns what is said of it in the log: `its layer is …` */
  keep(draft: string, bytes: number): Promise<string>;
}

export interface LayerBuild {
  readonly target: SetupTarget;
  readonly place: LayerPlace;
}

/** Runs the set-up in a box of the sandbox, or attaches to it, and gives what it left to its place. */
export async function buildLayer(context: PhaseContext, sandbox: Sandbox, build: LayerBuild): Promise<BuildOutcome> {
  const { script = '', timeout } = sandbox.spec.setup ?? {};
  const timeoutMs = Number(timeout?.seconds ?? 0) * 1_000 || DEFAULT_TIMEOUT_MS;
  const variables = await setupVariables(context, sandbox, build.target);
  const run = await runScript(context, sandbox, {
    name: `setup-${build.target.label}`,
    script,
    layers: build.target.below,
    homeLayers: [],
    variables,
    timeoutMs,
  });
  if (run === 'STOPPED') return { kind: 'STOPPED' };
  const fault = scriptFault('the set-up script', run.result, timeoutMs);
  const without = hasNetwork(sandbox.spec, 'SETUP') ? '' : `; ${SETUP_WITHOUT_NETWORK}`;
  const outcome: BuildOutcome =
    fault === undefined
      ? await publish(context, sandbox, build, run, Object.values(variables))
      : { kind: 'FAILED', reason: 'SETUP_SCRIPT_FAILED', message: `${fault}${without}`, segment: run.segment };
  if (outcome.kind === 'FAILED') await say(sandbox, run.segment, outcome.message);
  (await context.logs.of(sandbox)).endSegment(run.segment);
  void removeBox(context, sandbox, run.box);
  return outcome;
}

async function publish(
  context: PhaseContext,
  sandbox: Sandbox,
  { target, place }: LayerBuild,
  run: EndedScript,
  secrets: readonly string[],
): Promise<BuildOutcome> {
  // What is refused is told in more places than the log.
  const hide = (text: string): string => maskText(maskOf(secrets), text);
  return sandbox.exclusively(async () => {
    const tracked = await context.trees.of(target.gitDir, target.tree);
    const draft = await place.draft();
    try {
      // A supervisor that came back has not mounted it again: nothing runs in it.
      await context.supervisor.call('createBox', { sandbox: sandbox.name, box: run.box });
      await sandbox.recordPhase(takenPhase(run.box), {});
      const taken = await takeLayer({
        box: run.box,
        tracked,
        owner: sandbox.base.uid,
        attributePrefix: context.hello.attributePrefix,
        keepsMarks: false,
        into: draft,
      });
      const leaks = await filesWithSecrets(draft, secrets);
      if (leaks.length > 0) {
        const message = `the set-up left the value of a secret in ${hide(shown(leaks.map(insideName)))}`;
        return { kind: 'FAILED', reason: 'SETUP_SECRET_IN_LAYER', message, segment: run.segment };
      }
      const where = await place.keep(draft, taken.bytes);
      await sayTaken(sandbox, run, where, taken);
      return { kind: 'PUBLISHED' };
    } catch (error) {
      // No other box would leave anything else.
      const isUnkeepable = errnoOf(error) === 'ENAMETOOLONG' || (SandboxError.is(error) && isSetupFault(error));
      if (!isUnkeepable) throw error;
      const message = `what the set-up left can't be kept: ${error instanceof Error ? hide(error.message) : ''}`;
      return { kind: 'FAILED', reason: 'SETUP_SCRIPT_FAILED', message, segment: run.segment };
    } finally {
      await removeTree(draft);
    }
  });
}

/** `tree/a` and `home/b` as the script knows them. */
function insideName(path: string): string {
  return path.replace(/^tree\//, '').replace(/^home\//, '~/');
}

async function sayTaken(sandbox: Sandbox, run: EndedScript, where: string, taken: TakenLayer): Promise<void> {
  if (taken.left.length > 0)
    await say(
      sandbox,
      run.segment,
      `what the set-up did to files of the repository, or what is no file, is not kept: ${shown(taken.left)}`,
    );
  const ms = run.result.endedAt - (run.result.startedAt ?? run.result.endedAt);
  await say(
    sandbox,
    run.segment,
    `the set-up took ${(ms / 1000).toFixed(1)} s; ${where} (${String(Math.ceil(taken.bytes / 2 ** 20))} MiB)`,
  );
}

function say(sandbox: Sandbox, segment: string, text: string): Promise<void> {
  return sayInSegment(sandbox.directory.spool, setupSegment(segment), 'after', text);
}
