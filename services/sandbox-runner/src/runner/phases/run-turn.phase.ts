import { join } from 'node:path';
import { agentAdapter, type AgentLaunch, type AgentPlaces } from '@heddle/agents';
import type { AgentReport, SandboxOwnerRef, TurnResult } from '@heddle/contracts/workflows';
import { NODE_INSIDE, SandboxError, type BoxSpec, type ProcessResult } from '@heddle/sandbox';
import type { ProcessName, SupervisorHello } from '../../protocol/supervisor-protocol.js';
import { PeriodicCheckpoints } from '../capture/periodic-checkpoints.js';
import { agentReader } from '../logs/agent-reader.js';
import { agentSegment, openSegment, sayInSegment, sayOnce, spoolPaths, type LogSegment } from '../logs/log-segment.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { modelEndpoint } from '../network/model-access.js';
import { recordedSetup } from '../layers/setup-layers.js';
import { promptAfresh } from '../turns/turn-prompt.js';
import { recordedSeed, seedTurn, type TurnSeed } from '../turns/turn-seed.js';
import { agentBox } from './agent-box.js';
import { withServersOfEnvironment } from './agent-servers.js';
import { readReport } from './agent-report.js';
import { limitsMet, outputCut } from './output-cut.js';
import { MAX_TRIES, type PhaseContext } from './phase-context.js';
import { TurnWatch } from './turn-watch.js';
import { writeOnce } from './write-once.js';

/** Who made it is the agent's to say; without an identity git refuses to commit. */
const GIT_IDENTITY = {
  GIT_AUTHOR_NAME: 'Heddle agent',
  GIT_AUTHOR_EMAIL: 'agent@heddle.invalid',
  GIT_COMMITTER_NAME: 'Heddle agent',
  GIT_COMMITTER_EMAIL: 'agent@heddle.invalid',
} as const;

/** For what it has to write before it goes. */
const END_GRACE_MS = 5_000;

const WITHOUT_CONVERSATION =
  "the agent's conversation of the turns before is not there: it is told the earlier messages once more";
const STARTS_AGAIN = 'the platform went down while the agent ran; the turn starts again';

/** Starts the agent or attaches to it, and ends when nothing of it lives any more. */
export async function runTurn(
  context: PhaseContext,
  owner: SandboxOwnerRef,
  turn: number,
  signal: AbortSignal,
): Promise<TurnResult> {
  const sandbox = await context.sandboxes.get(owner);
  const phase = `turn/${String(turn)}`;
  const recorded = (await sandbox.state()).phases.get(phase);
  if (recorded !== undefined) return recorded as TurnResult;
  for (let attempt = 1; ; attempt++) {
    const result = await runOnce(context, sandbox, turn, attempt, signal);
    // The platform or its host went down, not the agent: the turn starts again from the tree it began on.
    if (result.outcome === 'INTERRUPTED' && attempt < MAX_TRIES) {
      // Its own box stays as it is: nobody waits for this.
      void keepInterrupted(context, sandbox, { turn, attempt, at: result.endedAt, signal });
      continue;
    }
    const report = await readReport(context, sandbox, agentSegment(turn, attempt), result);
    const seed = recordedSeed(await sandbox.state());
    const answer = { ...toTurnResult(result, report), ...howBegun(sandbox, seed, report) };
    await sandbox.recordPhase(phase, answer);
    return answer;
  }
}

async function runOnce(
  context: PhaseContext,
  sandbox: Sandbox,
  turn: number,
  attempt: number,
  signal: AbortSignal,
): Promise<ProcessResult> {
  const state = await sandbox.state();
  const seed = await seedTurn(context, sandbox, signal);
  const box = agentBox(sandbox, attempt, recordedSetup(state), context.tools.mounts(sandbox.spec.agent), seed);
  const segment = agentSegment(turn, attempt);
  const known = state.processes.get(`${box.name}/${segment.name}`)?.result;
  if (known !== undefined) return known;
  if (state.stopping !== undefined) return stoppedBefore(state.stopping);
  const logs = await context.logs.of(sandbox);
  if (!state.boxes.has(box.name)) {
    if (attempt > 1) await openSegment(sandbox.directory.spool, segment, STARTS_AGAIN);
    await context.supervisor.call('createBox', { sandbox: sandbox.name, box }, signal);
  }
  if (isAfresh(sandbox, seed)) await sayOnce(sandbox.directory.spool, segment, WITHOUT_CONVERSATION);
  const launch = await prepare(context, sandbox, box, { turn, segment, seed, signal });
  logs.addSegment(segment);
  return context.egress.during(sandbox, box, signal, async (environment) => {
    const run = {
      turn,
      segment,
      launch: { ...launch, environment: { ...environment, ...launch.environment } },
      signal,
    };
    const before = await start(context, sandbox, box, run);
    return before ?? attend(context, sandbox, box, run);
  });
}

interface AgentRun {
  readonly turn: number;
  readonly segment: LogSegment;
  readonly launch: Pick<AgentLaunch, 'command' | 'environment'>;
  readonly signal: AbortSignal;
}

/** An answer where the sandbox is being stopped: nothing was started then. */
async function start(
  context: PhaseContext,
  sandbox: Sandbox,
  box: BoxSpec,
  { segment, launch, signal }: AgentRun,
): Promise<ProcessResult | undefined> {
  try {
    await context.supervisor.call(
      'start',
      {
        sandbox: sandbox.name,
        box: box.name,
        ...(sandbox.limits.idleMs === undefined ? {} : { idleMs: sandbox.limits.idleMs }),
        captured: true,
        process: {
          id: segment.name,
          command: launch.command,
          environment: { ...GIT_IDENTITY, ...launch.environment },
          spool: spoolPaths(sandbox.directory.spool, segment.name),
          outputCapBytes: sandbox.limits.outputBytes,
        },
      },
      signal,
    );
    return undefined;
  } catch (error) {
    const { stopping } = await sandbox.state();
    if (stopping !== undefined && SandboxError.is(error)) return stoppedBefore(stopping);
    throw error;
  }
}

/** Until nothing of it lives any more. */
async function attend(
  context: PhaseContext,
  sandbox: Sandbox,
  box: BoxSpec,
  { turn, segment, signal }: AgentRun,
): Promise<ProcessResult> {
  const name = { sandbox: sandbox.name, box: box.name, process: segment.name };
  const { checkpoints, checkpointPace: pace, logger } = context;
  const { stdout, stderr } = spoolPaths(sandbox.directory.spool, segment.name);
  const periodic = new PeriodicCheckpoints({ checkpoints, sandbox, box, turn, spools: [stdout, stderr], pace, logger });
  periodic.start();
  const watch = watchTurn(context, sandbox, turn, name);
  try {
    const result = await context.supervisor.call('wait', name, signal);
    await explain(context, sandbox, segment, result);
    (await context.logs.of(sandbox)).endSegment(segment.name);
    return result;
  } finally {
    watch?.stop();
    await periodic.stop();
  }
}

/** Undefined where the output is plain text: nothing in it says what the program is at. */
function watchTurn(
  { hello, turnLimits, supervisor, logger }: PhaseContext,
  sandbox: Sandbox,
  turn: number,
  name: ProcessName,
): TurnWatch | undefined {
  const reader = agentReader(hello, sandbox);
  if (reader === undefined) return undefined;
  const watch = new TurnWatch({
    limits: turnLimits,
    spool: spoolPaths(sandbox.directory.spool, name.process).stdout,
    turn,
    reader,
    end: async () => (await supervisor.call('end', { ...name, graceMs: END_GRACE_MS }, sandbox.ending.signal)).ended,
    logger,
  });
  watch.start();
  return watch;
}

/** For people to see: the next try starts without it. */
async function keepInterrupted(
  context: PhaseContext,
  sandbox: Sandbox,
  run: { readonly turn: number; readonly attempt: number; readonly at: number; readonly signal: AbortSignal },
): Promise<void> {
  const { turn, attempt, at, signal } = run;
  const phase = `kept/${String(turn)}/${String(attempt)}`;
  try {
    const state = await sandbox.state();
    if (state.phases.has(phase)) return;
    const tools = context.tools.mounts(sandbox.spec.agent);
    const box = agentBox(sandbox, attempt, recordedSetup(state), tools, recordedSeed(state));
    const stored = await context.checkpoints.takeDead(sandbox, { box, turn, final: false, partial: true, at, signal });
    await sandbox.recordPhase(phase, { number: stored.number });
  } catch (error) {
    if (!signal.aborted)
      context.logger.warn({ err: error, sandbox: sandbox.name, attempt }, 'an interrupted try was not kept');
  }
}

async function prepare(
  context: PhaseContext,
  sandbox: Sandbox,
  box: BoxSpec,
  {
    turn,
    segment,
    seed,
    signal,
  }: { readonly turn: number; readonly segment: LogSegment; readonly seed: TurnSeed; readonly signal: AbortSignal },
): Promise<AgentLaunch> {
  const { agent: own, variables } = sandbox.spec;
  if (own === undefined) throw new SandboxError('SANDBOX_SPAWN_FAILED', 'the attempt names no agent');
  const { agent, ofEnvironment, untold } = withServersOfEnvironment(own, sandbox.spec);
  if (untold !== undefined) await sayOnce(sandbox.directory.spool, segment, untold);
  const model = await context.secrets.model(sandbox, signal);
  const launch = agentAdapter(agent.kind).launch({
    agent,
    environmentServers: ofEnvironment,
    turn,
    prompt: isAfresh(sandbox, seed) ? promptAfresh(sandbox.spec) : sandbox.spec.prompt,
    ...(seed.conversationId === undefined
      ? {}
      : { conversationId: seed.conversationId, promptAfresh: promptAfresh(sandbox.spec) }),
    instructions: sandbox.spec.instructions,
    mode: sandbox.mode,
    variables,
    places: placesOf(context.hello, box),
    ...(model === undefined ? {} : { model: modelEndpoint(model) }),
  });
  for (const file of launch.files) await writeOnce(join(box.paths.run, file.name), file.content);
  return launch;
}

/** True for a further turn whose agent has no conversation to go on with. */
function isAfresh({ spec }: Sandbox, { conversationId }: TurnSeed): boolean {
  return spec.turn > 1 && conversationId === undefined;
}

/** Without a boundary the agent sees what the host sees. */
function placesOf({ inside }: SupervisorHello, box: BoxSpec): AgentPlaces {
  const [tool, bridges] = box.tools ?? [];
  return inside === undefined
    ? {
        workspace: box.paths.merged,
        home: box.paths.home,
        run: box.paths.run,
        tools: tool?.source,
        node: process.execPath,
        bridges: bridges?.source,
      }
    : { ...inside, tools: tool?.target, node: NODE_INSIDE, bridges: bridges?.target };
}

function howBegun(sandbox: Sandbox, seed: TurnSeed, report: AgentReport | undefined): Pick<TurnResult, 'conversation'> {
  if (sandbox.spec.turn <= 1) return {};
  return { conversation: isAfresh(sandbox, seed) || report?.conversationLost === true ? 'AFRESH' : 'RESUMED' };
}

function stoppedBefore(stopReason: NonNullable<ProcessResult['stopReason']>): ProcessResult {
  return { outcome: 'STOPPED', stopReason, endedAt: Date.now(), outputTruncated: false };
}

/** What a reader of the log would wonder about at its end. */
async function explain(
  context: PhaseContext,
  sandbox: Sandbox,
  segment: LogSegment,
  result: ProcessResult,
): Promise<void> {
  const say = (text: string): Promise<void> => sayInSegment(sandbox.directory.spool, segment, 'after', text);
  if (result.outputTruncated) await say(outputCut(sandbox));
  const limits = limitsMet(result);
  if (limits !== undefined) await say(limits);
  if (result.outcome === 'STOPPED') await say(`the agent was stopped: ${result.stopReason ?? 'CANCELLED'}`);
  else if (result.outcome === 'ENDED') {
    const report = await readReport(context, sandbox, segment, result);
    const stuck = report?.failure?.reason === 'AGENT_STUCK' ? report.failure.message : undefined;
    await say(`the platform ended the agent: ${stuck ?? 'its turn was over, and its program stayed'}`);
  } else if (result.outcome === 'LIMITED') await say('the agent was ended by the platform');
  else if (result.outcome === 'LOST') await say('the agent vanished without an exit code');
  else if (result.exitCode !== 0) await say(`the agent ended with exit code ${String(result.exitCode)}`);
}

const OUTCOMES: Readonly<Record<ProcessResult['outcome'], TurnResult['outcome']>> = {
  EXITED: 'EXITED',
  STOPPED: 'STOPPED',
  LIMITED: 'LIMITED',
  // Its report says what of.
  ENDED: 'EXITED',
  TIMED_OUT: 'LOST',
  INTERRUPTED: 'LOST',
  LOST: 'LOST',
};

function toTurnResult(result: ProcessResult, report: AgentReport | undefined): TurnResult {
  const { outcome, exitCode, signal, stopReason, startedAt, outputTruncated, limits, usage } = result;
  return {
    outcome: OUTCOMES[outcome],
    outputTruncated,
    ...(limits === undefined ? {} : { limits }),
    ...(usage === undefined ? {} : { usage }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(report === undefined ? {} : { report }),
  };
}
