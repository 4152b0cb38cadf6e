import { agentAdapter } from '@heddle/agents';
import { LogLine_Phase } from '@heddle/contracts';
import type { CheckpointHeader } from '@heddle/contracts/internal';
import type { CaptureResult, SandboxOwnerRef, StoredConversation, TurnResult } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { SandboxError, type BoxSpec, type JournalState } from '@heddle/sandbox';
import { whileUnavailable } from '../activities/while-unavailable.js';
import { sayInSegment } from '../logs/log-segment.js';
import { egressNotices } from '../network/egress-notices.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { conversationFiles } from '../turns/conversation-files.js';
import { storeConversation } from '../turns/conversation-store.js';
import { currentAgentBox } from './agent-box.js';
import { outputCut } from './output-cut.js';
import type { PhaseContext } from './phase-context.js';

const TOO_LARGE = "the agent's conversation is larger than what is kept of one: a further turn will begin without it";

/** Stores what the dead agent left, as the turn's last checkpoint. */
export async function capture(
  context: PhaseContext,
  input: { readonly owner: SandboxOwnerRef; readonly turn: number; readonly partial: boolean },
  signal: AbortSignal,
): Promise<CaptureResult> {
  const { owner, turn, partial } = input;
  const sandbox = await context.sandboxes.get(owner);
  const phase = `capture/${String(turn)}`;
  const state = await sandbox.state();
  const recorded = state.phases.get(phase);
  if (recorded !== undefined) return recorded as CaptureResult;
  // A loss of power took the end of the turn back, and may have taken what it wrote.
  if (!state.phases.has(`turn/${String(turn)}`))
    throw new SandboxError('SANDBOX_UNKNOWN', 'the turn did not end in this life of the host');
  const box = currentAgentBox(sandbox, state);
  if (box === undefined) throw new SandboxError('SANDBOX_UNKNOWN', 'no agent has had a box here');
  const mask = await whileUnavailable(signal, () => context.secrets.mask(sandbox));
  const stored = await context.checkpoints.takeDead(sandbox, {
    box,
    turn,
    final: true,
    partial,
    readOnly: sandbox.mode !== 'CODE',
    at: endOfTurn(state),
    notices: [...outputNotices(sandbox, state), ...(await egressNotices(sandbox, mask))],
    signal,
  });
  if (stored.salvaged)
    throw new HeddleError('FENCE_SUPERSEDED', 'a newer claim of the attempt exists; the tree was kept as salvage');
  const conversation = await conversationOf(context, sandbox, { box, state, turn, signal });
  const result: CaptureResult = {
    changeId: stored.changeId,
    commit: stored.commit,
    treeId: stored.tree,
    empty: stored.empty,
    ...(stored.holdsSecret ? { holdsSecret: true } : {}),
    ...(conversation === undefined ? {} : { conversation }),
  };
  await sandbox.recordPhase(phase, result);
  if (stored.changeId !== '' && (partial || sandbox.mode !== 'CODE'))
    await note(context, sandbox, `what the agent left was kept as a partial change (${stored.commit.slice(0, 12)})`);
  return result;
}

/** What a later turn goes on with, taken from the same dead box as the tree; undefined where the agent has none. */
async function conversationOf(
  context: PhaseContext,
  sandbox: Sandbox,
  taken: {
    readonly box: BoxSpec;
    readonly state: JournalState;
    readonly turn: number;
    readonly signal: AbortSignal;
  },
): Promise<StoredConversation | undefined> {
  const { box, state, turn, signal } = taken;
  const id = (state.phases.get(`turn/${String(turn)}`) as TurnResult).report?.conversationId;
  const { conversation: places } = agentAdapter(sandbox.spec.agent?.kind ?? '');
  if (id === undefined || places.length === 0) return undefined;
  return sandbox.exclusively(async () => {
    const files = await conversationFiles(homeOf(context, box), places);
    if (files === 'TOO_LARGE') {
      await note(context, sandbox, TOO_LARGE);
      return undefined;
    }
    if (files.length === 0) return undefined;
    const commit = await storeConversation(sandbox, context.store, { turn, files, at: endOfTurn(state), signal });
    return { id, commit };
  });
}

/** Where the box's own files of its home are. */
function homeOf({ hello }: PhaseContext, { paths, homeLayers = [] }: BoxSpec): string {
  return hello.attributePrefix === undefined || homeLayers.length === 0 ? paths.home : paths.homeUpper;
}

/** A reviewer sees the change, not necessarily its log. */
function outputNotices(sandbox: Sandbox, state: JournalState): CheckpointHeader['notices'] {
  const truncated = [...state.processes.values()].some((process) => process.result?.outputTruncated === true);
  if (!truncated) return [];
  return [{ reason: 'OUTPUT_TRUNCATED', path: '', message: outputCut(sandbox) }];
}

/** The same turn gives the same commit, whenever it is captured. */
function endOfTurn(state: JournalState): number {
  return Math.max(0, ...[...state.processes.values()].map((process) => process.result?.endedAt ?? 0)) || Date.now();
}

async function note(context: PhaseContext, sandbox: Sandbox, text: string): Promise<void> {
  const segment = { name: 'capture', phase: LogLine_Phase.AGENT, check: '' };
  await sayInSegment(sandbox.directory.spool, segment, 'before', text);
  (await context.logs.of(sandbox)).addSegment(segment, true);
}
