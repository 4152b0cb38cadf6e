import type { AttemptState } from '../attempt/attempt-state.js';
import { isEndState } from '../attempt/attempt-state.js';
import { JOB_STATES, type JobState } from '../job/job-state.js';

export const RECONCILIATION_STATES = JOB_STATES;
export type ReconciliationState = JobState;

/**
 * The rungs of the ladder: git's own merge, a structural merge driver, resource files made anew, one side that does for both, then
 * an agent.
 */
export type ReconciliationStep = 'MERGE' | 'STRUCTURAL' | 'REGENERATE' | 'TAKE_SIDE' | 'AGENT';

/** RUNNING → RUNNING is the next rung. A person who asks the agent for more brings it from WAITING_FOR_USER to its end. */
const NEXT: Readonly<Record<ReconciliationState, readonly ReconciliationState[]>> = {
  QUEUED: ['RUNNING', 'FAILED', 'CANCELLED'],
  RUNNING: ['RUNNING', 'WAITING_FOR_USER', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  WAITING_FOR_USER: ['WAITING_FOR_USER', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
};

export function canReconciliationMove(from: ReconciliationState, to: ReconciliationState): boolean {
  return NEXT[from].includes(to);
}

/** What is known of the attempt that works on a rung of the ladder. */
export interface RungEvidence {
  readonly step: ReconciliationStep;
  readonly attempt: AttemptState;
  /** Why the attempt is in its state, where it says. */
  readonly statusDetail: string;
  /** Undefined: the attempt has made none. */
  readonly change:
    | {
        readonly empty: boolean;
        /** Paths with conflict markers. */
        readonly unresolved: readonly string[];
        /** Titles of the inputs of which nothing is in it. */
        readonly absent: readonly string[];
      }
    | undefined;
  /** Names of the checks, advisory ones left out, that have not passed on exactly the change's tree. */
  readonly notGreen: readonly string[];
}

export type RungVerdict =
  | { readonly kind: 'WAIT' }
  | { readonly kind: 'CLIMB' }
  | { readonly kind: 'END'; readonly state: ReconciliationState; readonly reason: string; readonly message: string };

/** What follows from the attempt of a rung: patience, the next rung, an end, or a person. */
export function judgeRung({ step, attempt, statusDetail, change, notGreen }: RungEvidence): RungVerdict {
  if (!isEndState(attempt)) return { kind: 'WAIT' };
  if (attempt === 'CANCELLED') return { kind: 'END', state: 'CANCELLED', reason: statusDetail, message: '' };
  // A command that fails is one that does not help: the next rung may.
  if (attempt !== 'COMPLETED' && step === 'REGENERATE') return { kind: 'CLIMB' };
  if (attempt !== 'COMPLETED') {
    const message = `the attempt ended as ${attempt}`;
    return { kind: 'END', state: 'FAILED', reason: statusDetail === '' ? 'ATTEMPT_FAILED' : statusDetail, message };
  }
  const waiting = (reason: string, message: string): RungVerdict =>
    step !== 'AGENT' ? { kind: 'CLIMB' } : { kind: 'END', state: 'WAITING_FOR_USER', reason, message };
  if (change === undefined || change.empty)
    return waiting('CHANGE_EMPTY', 'nothing of the inputs is in the result: it is the base');
  if (change.unresolved.length > 0)
    return waiting('CONFLICT_MARKERS', `conflict markers were left in ${change.unresolved.join(', ')}`);
  if (change.absent.length > 0)
    return waiting('INPUT_DROPPED', `nothing of these inputs is in the result: ${change.absent.join(', ')}`);
  if (notGreen.length > 0) return waiting('CHECKS_NOT_GREEN', `not all checks passed: ${notGreen.join(', ')}`);
  return { kind: 'END', state: 'SUCCEEDED', reason: '', message: '' };
}
