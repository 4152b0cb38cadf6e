import { agentAdapter } from '@heddle/agents';
import type { Attempt } from '@heddle/contracts';
import { HeddleError, isEndState } from '@heddle/domain';
import { appendEvents } from '@heddle/platform/outbox';
import type { EntityManager } from 'typeorm';
import { attemptEvent, changeAttempt, lockAttempt, type AttemptInPlace } from '../attempts/attempt-rows.js';
import { toAttempt } from '../attempts/attempt.mapper.js';
import { lockParents, reopenParents } from '../attempts/reopen-parents.js';
import { refuseSpentBudgets } from '../budgets/spent-budgets.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { newTurn } from './record-turn.js';

export interface TurnWish {
  readonly message: string;
  readonly principal: string;
  /** Absent: a message. */
  readonly verdictId?: string;
  /** The present turn is to end for it. */
  readonly interrupts: boolean;
  /** The present turn is to take it. */
  readonly steers?: boolean;
}

export interface AddedTurn {
  readonly attempt: Attempt;
  /** Ids of the resources that moved. */
  readonly moved: readonly string[];
}

const MAX_TURNS = 200;

/**
 * Writes a further turn of an attempt, which leaves its end state for it. Row and events are the caller's transaction; the
 * dispatcher wakes the workflow afterwards.
 * @throws HeddleError ATTEMPT_NOT_FOUND, AGENT_CANNOT_RESUME, ATTEMPT_NOT_RUNNING, ALREADY_LANDED, LANDING_EXISTS,
 * QUOTA_EXCEEDED, BUDGET_EXHAUSTED, NOT_AVAILABLE
 */
export async function addTurn(manager: EntityManager, attemptId: string, wish: TurnWish): Promise<AddedTurn> {
  const locked = await lockAttempt(manager, attemptId);
  if (locked === undefined)
    throw new HeddleError('ATTEMPT_NOT_FOUND', `There is no attempt ${attemptId}`, { metadata: { id: attemptId } });
  await refuseFurtherTurn(manager, locked);
  if (wish.steers === true) refuseSteering(locked);
  const { attempt, around } = locked;
  await refuseSpentBudgets(manager, { attemptId, taskId: attempt.taskId, batchId: attempt.batchId });
  const turn = 1 + ((await manager.maximum(TurnEntity, 'turn', { attemptId })) ?? attempt.turn);
  if (turn > MAX_TURNS) {
    throw new HeddleError(
      'QUOTA_EXCEEDED',
      `Attempt ${attemptId} has had ${String(MAX_TURNS)} turns; more are not kept`,
      {
        metadata: { id: attemptId, limit: String(MAX_TURNS) },
      },
    );
  }
  const { message, principal, verdictId = null, steers = false } = wish;
  await manager.insert(TurnEntity, newTurn(manager, attemptId, turn, { message, principal, verdictId, steers }));
  // Said of a plan that waits, it asks for another one.
  if (isEndState(attempt.state) || attempt.state === 'WAITING_FOR_USER') return queueAgain(manager, locked, turn);
  if (wish.interrupts)
    await manager.update(AttemptEntity, { id: attemptId }, { interruptTurn: attempt.turn, dispatchedAt: null });
  return { attempt: toAttempt(attempt, around), moved: [] };
}

/** An attempt that has ended, or waits, begins this turn; its row is locked. */
export async function queueAgain(manager: EntityManager, locked: AttemptInPlace, turn: number): Promise<AddedTurn> {
  const { attempt, around } = locked;
  await changeAttempt(manager, attempt, {
    state: 'QUEUED',
    statusDetail: '',
    statusMessage: '',
    stateSince: new Date(),
    turn,
    endTime: null,
    stopRequested: null,
    interruptTurn: null,
    restartCount: 0,
    retryTime: null,
    // Its place among those of its credential was given to others.
    admitTime: null,
    dispatchedAt: null,
  });
  const parents = await lockParents(manager, attempt.taskId);
  const ofParents = parents === undefined ? [] : await reopenParents(manager, parents);
  await appendEvents(manager, [attemptEvent(locked, 'attempt.queued'), ...ofParents]);
  return { attempt: toAttempt(attempt, around), moved: [attempt.id, ...ofParents.map((event) => event.id)] };
}

/** @throws HeddleError AGENT_CANNOT_RESUME, ATTEMPT_NOT_RUNNING, ALREADY_LANDED, LANDING_EXISTS, NOT_AVAILABLE */
export async function refuseFurtherTurn(manager: EntityManager, { attempt, around }: AttemptInPlace): Promise<void> {
  const { id, state } = attempt;
  const kind = around.agent?.kind ?? '';
  if (!agentAdapter(kind).capabilities.resumes) {
    throw new HeddleError(
      'AGENT_CANNOT_RESUME',
      `An agent of kind ${kind} has no conversation that a message could go on with; launch a new task instead`,
      { metadata: { id, kind } },
    );
  }
  if (attempt.landingState === 'LANDED' && attempt.revertedByLandingId === null)
    throw new HeddleError('ALREADY_LANDED', `The change of attempt ${id} has landed; launch a new task on top of it`, {
      metadata: { id },
    });
  // What is proposed at a forge stays as it was tested until another head of the change is proposed in its place.
  if (['QUEUED', 'TESTING', 'PUSHING'].includes(attempt.landingState)) {
    throw new HeddleError(
      'LANDING_EXISTS',
      `The change of attempt ${id} is on its way into the branch; take it out of the queue first`,
      { metadata: { id, landingState: attempt.landingState } },
    );
  }
  if (!isEndState(state) && attempt.stopRequested !== null) {
    throw new HeddleError('ATTEMPT_NOT_RUNNING', `Attempt ${id} is being stopped; send the message when it has ended`, {
      metadata: { id, state },
    });
  }
  if (attempt.changeId !== null && isEndState(state) && !(await hasCheckpoint(manager, id))) {
    throw new HeddleError(
      'NOT_AVAILABLE',
      `Attempt ${id} ended before its turns were recorded, so that no further one can go on with it; launch a new task`,
      { metadata: { id } },
    );
  }
}

/** @throws HeddleError NOT_AVAILABLE, ATTEMPT_NOT_RUNNING */
function refuseSteering({ attempt: { id, state }, around }: AttemptInPlace): void {
  const kind = around.agent?.kind ?? '';
  if (!agentAdapter(kind).capabilities.steers)
    throw new HeddleError(
      'NOT_AVAILABLE',
      `An agent of kind ${kind} takes no message into a turn that runs: leave it for the next turn (QUEUE), or interrupt this one (INTERRUPT)`,
      { metadata: { id, kind, delivery: 'STEER' } },
    );
  if (state !== 'RUNNING')
    throw new HeddleError(
      'ATTEMPT_NOT_RUNNING',
      `No turn of attempt ${id} runs that could take the message; send it without STEER`,
      { metadata: { id, state } },
    );
}

async function hasCheckpoint(manager: EntityManager, attemptId: string): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    'SELECT 1 FROM turns WHERE attempt_id = $1 AND checkpoint IS NOT NULL LIMIT 1',
    [attemptId],
  );
  return rows.length > 0;
}
