import type { Check } from '@heddle/contracts';
import type { CheckOutcome, ChecksResult, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { SandboxError, type BoxSpec, type JournalState, type ProcessResult } from '@heddle/sandbox';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { DRY_RUN_LABEL } from '../layers/dry-run.js';
import { isSetupFault } from '../layers/setup-fault.js';
import { setupLayers, type SetupLayers } from '../layers/setup-layers.js';
import { setupTarget, type SetupTarget } from '../layers/setup-target.js';
import { checkSegment, sayInSegment, spoolPaths } from '../logs/log-segment.js';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';
import { withSlot } from '../slots/with-slot.js';
import { limitsMet, outputCut } from './output-cut.js';
import { MAX_TRIES, type PhaseContext } from './phase-context.js';
import { removeBox } from './remove-box.js';

const DEFAULT_TIMEOUT_MS = 10 * 60_000;

/** Runs the owner's checks one after another, each in a fresh box of base + commit: never on the agent's own files. */
export async function runChecks(
  context: PhaseContext,
  input: { readonly owner: SandboxOwnerRef; readonly turn: number; readonly commit: string },
  signal: AbortSignal,
): Promise<ChecksResult> {
  const sandbox = await openForChecks(context, input.owner, signal);
  const phase = `checks/${String(input.turn)}/${input.commit}`;
  const state = await sandbox.state();
  const recorded = state.phases.get(phase);
  if (recorded !== undefined) return recorded as ChecksResult;
  const { checks } = sandbox.spec;
  const isStopped = state.stopping !== undefined;
  const answer: ChecksResult =
    checks.length === 0 || isStopped
      ? { outcome: isStopped ? 'STOPPED' : 'RAN', checks: [] }
      : await checkTree(context, sandbox, input, signal);
  await sandbox.recordPhase(phase, answer);
  return answer;
}

async function checkTree(
  context: PhaseContext,
  sandbox: Sandbox,
  { turn, commit }: { readonly turn: number; readonly commit: string },
  signal: AbortSignal,
): Promise<ChecksResult> {
  // A job's checks run on what its own set-up left.
  const label = sandbox.owner.kind === 'JOB' ? DRY_RUN_LABEL : `check-${String(turn)}-${commit.slice(0, 12)}`;
  const target = await sandbox.exclusively(() =>
    whileUnavailable(signal, () => setupTarget(sandbox, label, commit, context.store)),
  );
  const outcomes: CheckOutcome[] = [];
  const { checks } = sandbox.spec;
  const setup = await setupOf(context, sandbox, target, signal);
  if (setup === 'STOPPED') return { outcome: 'STOPPED', checks: [] };
  for (const [index, check] of checks.entries()) {
    const evidence = { treeId: target.tree, layerId: setup.layerId };
    if ('fault' in setup) {
      const failed = { state: 'ERRORED', statusDetail: setup.fault, durationMs: 0 } as const;
      outcomes.push({ ...failed, ...evidence, ...named(sandbox, check) });
      continue;
    }
    const result = await runCheck(context, sandbox, { check, index, turn, target, setup, signal });
    if (result === 'STOPPED') return { outcome: 'STOPPED', checks: outcomes };
    outcomes.push({ ...toOutcome(result), ...evidence, ...named(sandbox, check) });
  }
  return { outcome: 'RAN', checks: outcomes };
}

/** What the set-up puts over the captured tree: never what lay over the agent's. */
async function setupOf(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
  signal: AbortSignal,
): Promise<SetupLayers | { readonly fault: string; readonly layerId: '' } | 'STOPPED'> {
  try {
    return await setupLayers(context, sandbox, target, signal);
  } catch (error) {
    if (SandboxError.is(error) && isSetupFault(error)) return { fault: error.reason, layerId: '' };
    throw error;
  }
}

/** Landings and trials have no provision phase: their first check makes their sandbox. */
async function openForChecks(context: PhaseContext, owner: SandboxOwnerRef, signal: AbortSignal): Promise<Sandbox> {
  if (owner.kind !== 'LANDING' && owner.kind !== 'TRIAL') return context.sandboxes.get(owner);
  const present = await context.sandboxes.find(owner);
  if (present !== undefined) {
    context.slots.adopt(ownerKey(owner));
    return present;
  }
  return withSlot(context, owner, async () => {
    const spec = await whileUnavailable(signal, () => context.specs.get(owner));
    return whileUnavailable(signal, () => context.sandboxes.create(owner, spec));
  });
}

interface CheckRun {
  readonly check: Check;
  readonly index: number;
  readonly turn: number;
  readonly target: SetupTarget;
  readonly setup: SetupLayers;
  readonly signal: AbortSignal;
}

async function runCheck(context: PhaseContext, sandbox: Sandbox, run: CheckRun): Promise<ProcessResult | 'STOPPED'> {
  for (let attempt = 1; ; attempt++) {
    const result = await runOnce(context, sandbox, run, attempt);
    if (result === 'STOPPED' || result.outcome === 'STOPPED') return 'STOPPED';
    if (result.outcome !== 'INTERRUPTED' || attempt >= MAX_TRIES) return result;
  }
}

async function runOnce(
  context: PhaseContext,
  sandbox: Sandbox,
  run: CheckRun,
  attempt: number,
): Promise<ProcessResult | 'STOPPED'> {
  const { check, index, turn, target, setup, signal } = run;
  const segment = checkSegment(turn, index, attempt, check.name);
  const { homeLayers } = setup;
  const box = sandbox.box(segment.name, [...setup.layers, ...target.below], { homeLayers, phase: 'CHECK' });
  const name = { sandbox: sandbox.name, box: box.name };
  const state = await sandbox.state();
  const known = state.processes.get(`${box.name}/${segment.name}`)?.result;
  if (known === undefined) {
    if (state.stopping !== undefined) return 'STOPPED';
    (await context.logs.of(sandbox)).addSegment(segment);
    if (!(await start(context, sandbox, box, run, segment.name, state))) return 'STOPPED';
  }
  const result = known ?? (await context.supervisor.call('wait', { ...name, process: segment.name }, signal));
  if (known === undefined) {
    const say = (text: string): Promise<void> => sayInSegment(sandbox.directory.spool, segment, 'after', text);
    if (result.outputTruncated) await say(outputCut(sandbox));
    const limits = limitsMet(result);
    if (limits !== undefined) await say(limits);
    if (result.outcome === 'TIMED_OUT') await say(`check ${check.name} did not end in time`);
    (await context.logs.of(sandbox)).endSegment(segment.name);
  }
  void removeBox(context, sandbox, box);
  return result;
}

/** False where the sandbox is being stopped. */
async function start(
  context: PhaseContext,
  sandbox: Sandbox,
  box: BoxSpec,
  run: CheckRun,
  processId: string,
  state: JournalState,
): Promise<boolean> {
  const { check, signal } = run;
  const name = { sandbox: sandbox.name, box: box.name };
  try {
    if (!state.boxes.has(box.name)) await context.supervisor.call('createBox', { sandbox: sandbox.name, box }, signal);
    await context.supervisor.call(
      'start',
      {
        ...name,
        timeoutMs: timeoutOf(check),
        ...(sandbox.limits.idleMs === undefined ? {} : { idleMs: sandbox.limits.idleMs }),
        process: {
          id: processId,
          command: check.command,
          environment: { ...sandbox.spec.variables, CI: 'true', HEDDLE_CHECK: check.name },
          spool: spoolPaths(sandbox.directory.spool, processId),
          outputCapBytes: sandbox.limits.outputBytes,
        },
      },
      signal,
    );
    return true;
  } catch (error) {
    if (SandboxError.is(error) && (await sandbox.state()).stopping !== undefined) return false;
    throw error;
  }
}

function timeoutOf(check: Check): number {
  const { seconds = '0', nanos = 0 } = check.timeout ?? {};
  const ms = Number(seconds) * 1_000 + nanos / 1e6;
  return ms > 0 ? ms : DEFAULT_TIMEOUT_MS;
}

function toOutcome(result: ProcessResult): Pick<CheckOutcome, 'state' | 'statusDetail' | 'exitCode' | 'durationMs'> {
  const { exitCode } = result;
  return {
    ...judge(result),
    ...(exitCode === undefined ? {} : { exitCode }),
    durationMs: result.endedAt - (result.startedAt ?? result.endedAt),
  };
}

function named(sandbox: Sandbox, check: Check): Pick<CheckOutcome, 'name' | 'environmentVersion' | 'advisory'> {
  return { name: check.name, environmentVersion: sandbox.spec.environmentVersion, advisory: check.advisory };
}

function judge(result: ProcessResult): Pick<CheckOutcome, 'state' | 'statusDetail'> {
  const [limit] = result.limits ?? [];
  const statusDetail = limit === undefined ? '' : `CHECK_${limit}`;
  if (result.outcome === 'TIMED_OUT') return { state: 'TIMED_OUT', statusDetail: 'CHECK_TIME_LIMIT' };
  if (limit === 'IDLE_LIMIT') return { state: 'TIMED_OUT', statusDetail };
  if (result.outcome === 'EXITED' && result.exitCode === 0) return { state: 'PASSED', statusDetail };
  if (limit !== undefined && limit !== 'OUTPUT_LIMIT') return { state: 'FAILED', statusDetail };
  if (result.outcome !== 'EXITED') return { state: 'ERRORED', statusDetail: 'CHECK_LOST' };
  if (result.exitCode === 126 || result.exitCode === 127)
    return { state: 'FAILED', statusDetail: 'CHECK_COMMAND_NOT_RUNNABLE' };
  return { state: 'FAILED', statusDetail: result.signal === undefined ? statusDetail : 'CHECK_KILLED_BY_SIGNAL' };
}
