import type { Check } from '@heddle/contracts';
import type { CheckOutcome, ChecksResult, SandboxOwnerRef } from '@heddle/contracts/workflows';
import { removeTree, SandboxError, type BoxSpec, type JournalState, type ProcessResult } from '@heddle/sandbox';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { deltaLayer, type DeltaLayer } from '../layers/delta-layer.js';
import { checkSegment, sayInSegment, spoolPaths } from '../logs/log-segment.js';
import { ownerKey, type Sandbox } from '../sandboxes/sandbox.js';
import { withSlot } from '../slots/with-slot.js';
import { limitsMet, outputCut } from './output-cut.js';
import { MAX_TRIES, type PhaseContext } from './phase-context.js';

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
  const outcomes: CheckOutcome[] = [];
  let stopped = state.stopping !== undefined;
  const { checks } = sandbox.spec;
  if (checks.length > 0 && !stopped) {
    const delta = await sandbox.exclusively(() =>
      whileUnavailable(signal, () => deltaLayer(sandbox, input.commit, context.store)),
    );
    for (const [index, check] of checks.entries()) {
      const result = await runCheck(context, sandbox, { check, index, turn: input.turn, delta, signal });
      stopped = result === 'STOPPED';
      if (stopped || result === 'STOPPED') break;
      outcomes.push(toOutcome(sandbox, check, delta.tree, result));
    }
  }
  const answer: ChecksResult = { outcome: stopped ? 'STOPPED' : 'RAN', checks: outcomes };
  await sandbox.recordPhase(phase, answer);
  return answer;
}

/** A landing has no provision phase: its first check makes its sandbox. */
async function openForChecks(context: PhaseContext, owner: SandboxOwnerRef, signal: AbortSignal): Promise<Sandbox> {
  if (owner.kind === 'ATTEMPT') return context.sandboxes.get(owner);
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
  readonly delta: DeltaLayer;
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
  const { check, index, turn, delta, signal } = run;
  const segment = checkSegment(turn, index, attempt, check.name);
  const layers = delta.layer === undefined ? [sandbox.baseLayer] : [delta.layer, sandbox.baseLayer];
  const box = sandbox.box(segment.name, layers);
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

/** Unmounting may first write to disk all that the check wrote: no result waits for that, only the sandbox's removal. */
async function removeBox(context: PhaseContext, sandbox: Sandbox, box: BoxSpec): Promise<void> {
  try {
    await sandbox.exclusively(async () => {
      await context.supervisor.call('destroyBox', { sandbox: sandbox.name, box: box.name });
      await removeTree(box.paths.root);
    });
  } catch (error) {
    context.logger.warn({ err: error, box: box.name }, "a check's box stays until its sandbox is removed");
  }
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
          stdin: 'closed',
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

function toOutcome(sandbox: Sandbox, check: Check, treeId: string, result: ProcessResult): CheckOutcome {
  const { exitCode } = result;
  return {
    name: check.name,
    ...judge(result),
    ...(exitCode === undefined ? {} : { exitCode }),
    durationMs: result.endedAt - (result.startedAt ?? result.endedAt),
    treeId,
    environmentVersion: sandbox.spec.environmentVersion,
    advisory: check.advisory,
  };
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
