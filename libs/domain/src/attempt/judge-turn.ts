import type { AttemptState } from './attempt-state.js';

/** How a turn ended, as the supervisor saw it (never as the agent said it). */
export interface TurnEvidence {
  /** EXITED: by itself; STOPPED: by a stop with `stopReason`; LOST: the process vanished without a trace of its end. */
  readonly outcome: 'EXITED' | 'STOPPED' | 'LOST';
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stopReason?: StopReason | undefined;
}

export type StopReason = 'CANCELLED' | 'TIME_LIMIT' | 'BUDGET_EXHAUSTED';

export interface AttemptVerdict {
  readonly state: AttemptState;
  readonly statusDetail: string;
  /** The change exists but its turn did not end well: it must not be landed. */
  readonly partial: boolean;
}

/** What a `COMMAND` turn means for the attempt once its tree is captured. Red checks never fail an attempt. */
export function judgeTurn(turn: TurnEvidence, tree: { readonly empty: boolean }): AttemptVerdict {
  if (turn.outcome === 'STOPPED') return judgeStop(turn.stopReason ?? 'CANCELLED');
  if (turn.outcome === 'LOST') return { state: 'FAILED', statusDetail: 'AGENT_LOST', partial: true };
  if (turn.signal !== undefined) return { state: 'FAILED', statusDetail: 'AGENT_KILLED_BY_SIGNAL', partial: true };
  if (turn.exitCode === 127 || turn.exitCode === 126) {
    return { state: 'FAILED', statusDetail: 'AGENT_COMMAND_NOT_RUNNABLE', partial: true };
  }
  if (turn.exitCode !== 0) return { state: 'FAILED', statusDetail: 'AGENT_EXIT_CODE', partial: true };
  return { state: 'COMPLETED', statusDetail: tree.empty ? 'AGENT_NO_CHANGES' : '', partial: false };
}

function judgeStop(reason: StopReason): AttemptVerdict {
  switch (reason) {
    case 'CANCELLED':
      return { state: 'CANCELLED', statusDetail: 'CANCELLED_BY_USER', partial: true };
    case 'TIME_LIMIT':
      return { state: 'TIMED_OUT', statusDetail: 'TIME_LIMIT', partial: true };
    case 'BUDGET_EXHAUSTED':
      return { state: 'FAILED', statusDetail: 'BUDGET_EXHAUSTED', partial: true };
  }
}
