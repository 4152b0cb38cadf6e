import type { AttemptState } from './attempt-state.js';
import { SECRET_IN_CHANGE } from './secret-in-change.js';

/** How a turn ended, as the supervisor saw it (never as the agent said it). */
export interface TurnEvidence {
  /**
   * EXITED: by itself, or by the platform for what its `report` says; STOPPED: by a stop with `stopReason`; LIMITED: by the
   * platform, for the first of `limits`; LOST: the process vanished without a trace of its end.
   */
  readonly outcome: 'EXITED' | 'STOPPED' | 'LIMITED' | 'LOST';
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stopReason?: StopReason | undefined;
  /** Limits that explain the end, or what is missing; the strongest first. */
  readonly limits?: readonly LimitWord[] | undefined;
  /** What the agent's protocol said of its end; absent where only the exit code says anything. */
  readonly report?: AgentWord | undefined;
}

export interface AgentWord {
  readonly completed: boolean;
  readonly answer?: string | undefined;
  readonly failure?: { readonly reason: string } | undefined;
}

/** CODE: the agent may edit; ASK: it answers and leaves no change; PLAN: it says what it would do, and waits for approval. */
export type TurnMode = 'CODE' | 'ASK' | 'PLAN';

export type StopReason = 'CANCELLED' | 'SIBLING_PASSED' | 'TIME_LIMIT' | 'BUDGET_EXHAUSTED' | 'INTERRUPTED';

export type LimitWord =
  'MEMORY_LIMIT' | 'DISK_LIMIT' | 'PROCESS_LIMIT' | 'OUTPUT_LIMIT' | 'IDLE_LIMIT' | 'HOST_DISK_FULL';

/** Of the output only readers miss something; what was cut is no part of the work. */
const HARMLESS: ReadonlySet<LimitWord> = new Set(['OUTPUT_LIMIT']);

export interface AttemptVerdict {
  readonly state: AttemptState;
  readonly statusDetail: string;
  /** The change exists but its turn did not end well: it must not be landed. */
  readonly partial: boolean;
}

/** False where the tree may lack something of what the agent meant it to hold. */
export function endedWell(turn: TurnEvidence): boolean {
  return (
    turn.outcome === 'EXITED' &&
    (turn.report === undefined ? turn.exitCode === 0 && turn.signal === undefined : turn.report.completed) &&
    (turn.limits ?? []).every((limit) => HARMLESS.has(limit))
  );
}

/**
 * What a turn means for the attempt once its tree is captured. Agents' exit codes lie, in both directions: where the
 * protocol has a terminal record, that one counts. Red checks never fail an attempt. */
export function judgeTurn(
  turn: TurnEvidence,
  tree: { readonly empty: boolean; readonly holdsSecret?: boolean | undefined },
  mode: TurnMode = 'CODE',
): AttemptVerdict {
  if (turn.outcome === 'STOPPED') return judgeStop(turn.stopReason ?? 'CANCELLED');
  const [limit] = turn.limits ?? [];
  if (endedWell(turn) && mode !== 'CODE') return judgeWords(turn, tree.empty, mode);
  if (endedWell(turn)) return { state: 'COMPLETED', statusDetail: whatRemains(tree, limit), partial: false };
  if (limit === 'IDLE_LIMIT') return { state: 'TIMED_OUT', statusDetail: limit, partial: true };
  return { state: 'FAILED', statusDetail: whyFailed(turn), partial: true };
}

/** Of a turn that was to give words alone, and ended well by itself. */
function judgeWords({ report, limits }: TurnEvidence, empty: boolean, mode: 'ASK' | 'PLAN'): AttemptVerdict {
  if (!empty) return { state: 'FAILED', statusDetail: `${mode}_LEFT_CHANGE`, partial: true };
  if ((report?.answer ?? '').trim() === '') return { state: 'FAILED', statusDetail: 'AGENT_NO_ANSWER', partial: true };
  return mode === 'PLAN'
    ? { state: 'WAITING_FOR_USER', statusDetail: 'PLAN_APPROVAL', partial: false }
    : { state: 'COMPLETED', statusDetail: limits?.[0] ?? '', partial: false };
}

/** Of a turn that ended well: what its reader must know first. */
function whatRemains(
  tree: { readonly empty: boolean; readonly holdsSecret?: boolean | undefined },
  limit: LimitWord | undefined,
): string {
  if (tree.holdsSecret === true) return SECRET_IN_CHANGE;
  return tree.empty ? 'AGENT_NO_CHANGES' : (limit ?? '');
}

/** A limit says more than the exit code that it led to. */
function whyFailed(turn: TurnEvidence): string {
  const limit = turn.limits?.find((word) => !HARMLESS.has(word));
  if (limit !== undefined) return limit;
  if (turn.outcome !== 'EXITED') return 'AGENT_LOST';
  if (turn.exitCode === 127 || turn.exitCode === 126) return 'AGENT_COMMAND_NOT_RUNNABLE';
  if (turn.report !== undefined) return turn.report.failure?.reason ?? 'AGENT_CRASHED';
  return turn.signal === undefined ? 'AGENT_EXIT_CODE' : 'AGENT_KILLED_BY_SIGNAL';
}

function judgeStop(reason: StopReason): AttemptVerdict {
  switch (reason) {
    case 'CANCELLED':
      return { state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER', partial: true };
    case 'SIBLING_PASSED':
      return { state: 'CANCELLED', statusDetail: reason, partial: true };
    case 'TIME_LIMIT':
      return { state: 'TIMED_OUT', statusDetail: 'TIME_LIMIT', partial: true };
    case 'BUDGET_EXHAUSTED':
      return { state: 'FAILED', statusDetail: 'BUDGET_EXHAUSTED', partial: true };
    case 'INTERRUPTED':
      return { state: 'FAILED', statusDetail: 'TURN_INTERRUPTED', partial: true };
  }
}
