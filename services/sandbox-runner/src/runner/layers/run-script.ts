import { join } from 'node:path';
import { SandboxError, type BoxSpec, type Layer, type ProcessResult } from '@heddle/sandbox';
import { openSegment, sayInSegment, setupSegment, spoolPaths } from '../logs/log-segment.js';
import { outputCut } from '../phases/output-cut.js';
import { writeOnce } from '../phases/write-once.js';
import { MAX_TRIES, type PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';

export interface ScriptRun {
  /** Names box, process and log segment: unique in the sandbox. */
  readonly name: string;
  /** For bash. It ends at the first command that fails. */
  readonly script: string;
  readonly layers: readonly Layer[];
  readonly homeLayers: readonly Layer[];
  /** Beside the environment's own: of this process alone. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface EndedScript {
  readonly box: BoxSpec;
  readonly segment: string;
  readonly result: ProcessResult;
}

const STARTS_AGAIN = 'what the script made was lost before it was kept; it starts again';

/** From here on the box's files are being moved out of it: it can't be looked at a second time. */
export function takenPhase(box: BoxSpec): string {
  return `taken/${box.name}`;
}

/**
 * Runs a set-up or maintenance script in a box of its own, or attaches to it. One that the platform's going down ended, and
 * one whose files are lost half-way to where they belong, runs again in a fresh box.
 */
export async function runScript(
  context: PhaseContext,
  sandbox: Sandbox,
  run: ScriptRun,
): Promise<EndedScript | 'STOPPED'> {
  for (let attempt = 1; ; attempt++) {
    const segment = attempt === 1 ? run.name : `${run.name}-again-${String(attempt)}`;
    const ended = await runOnce(context, sandbox, run, segment);
    if (ended === 'STOPPED' || ended.result.outcome === 'STOPPED') return 'STOPPED';
    const isTaken = (await sandbox.state()).phases.has(takenPhase(ended.box));
    if (!isTaken && (ended.result.outcome !== 'INTERRUPTED' || attempt >= MAX_TRIES)) return ended;
    (await context.logs.of(sandbox)).endSegment(segment);
  }
}

async function runOnce(
  context: PhaseContext,
  sandbox: Sandbox,
  run: ScriptRun,
  name: string,
): Promise<EndedScript | 'STOPPED'> {
  const { layers, homeLayers } = run;
  const segment = setupSegment(name);
  const box = sandbox.box(name, layers, { homeLayers, phase: 'SETUP' });
  const at = { sandbox: sandbox.name, box: box.name };
  const state = await sandbox.state();
  const known = state.processes.get(`${box.name}/${name}`)?.result;
  if (known !== undefined) return { box, segment: name, result: known };
  if (state.stopping !== undefined) return 'STOPPED';
  const logs = await context.logs.of(sandbox);
  if (name !== run.name) await openSegment(sandbox.directory.spool, segment, STARTS_AGAIN);
  logs.addSegment(segment);
  const made = await unlessStopping(sandbox, async () => {
    await context.supervisor.call('createBox', { sandbox: sandbox.name, box });
    await writeOnce(join(box.paths.run, 'script.sh'), run.script);
  });
  if (!made) return 'STOPPED';
  const result = await context.egress.during(sandbox, box, sandbox.ending.signal, async (environment) => {
    const started = await unlessStopping(sandbox, () => start(context, sandbox, run, { box, name, environment }));
    if (!started) return 'STOPPED';
    return context.supervisor.call('wait', { ...at, process: name });
  });
  if (result === 'STOPPED') return 'STOPPED';
  if (result.outputTruncated) await sayInSegment(sandbox.directory.spool, segment, 'after', outputCut(sandbox));
  return { box, segment: name, result };
}

interface StartOfScript {
  readonly box: BoxSpec;
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** False where the sandbox is being stopped: nothing was done then. */
async function unlessStopping(sandbox: Sandbox, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (SandboxError.is(error) && (await sandbox.state()).stopping !== undefined) return false;
    throw error;
  }
}

async function start(
  context: PhaseContext,
  sandbox: Sandbox,
  run: ScriptRun,
  { box, name, environment }: StartOfScript,
): Promise<void> {
  const inside = context.hello.inside?.run ?? box.paths.run;
  await context.supervisor.call('start', {
    sandbox: sandbox.name,
    box: box.name,
    timeoutMs: run.timeoutMs,
    captured: true,
    process: {
      id: name,
      command: ['/bin/bash', '--noprofile', '--norc', '-eo', 'pipefail', `${inside}/script.sh`],
      environment: { ...environment, ...sandbox.spec.variables, CI: 'true', ...run.variables },
      spool: spoolPaths(sandbox.directory.spool, name),
      outputCapBytes: sandbox.limits.outputBytes,
    },
  });
}

/** Why a script counts as failed; undefined if it does not. */
export function scriptFault(what: string, result: ProcessResult, timeoutMs: number): string | undefined {
  if (result.outcome === 'TIMED_OUT') return `${what} did not end within ${String(Math.round(timeoutMs / 1000))} s`;
  if (result.outcome !== 'EXITED') return `${what} vanished without an exit code`;
  if (result.exitCode === 0) return undefined;
  const signal = result.signal === undefined ? '' : ` (${result.signal})`;
  return `${what} ended with exit code ${String(result.exitCode)}${signal}`;
}
