import type { AttemptStep } from '@heddle/contracts/workflows';
import { isEndState } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { closeSteered } from './steering-messages.js';

/**
 * What a step of the attempt says of its present turn, in the step's transaction.
 * @param attempt as it was before the step; the caller holds its lock
 */
export async function recordTurn(manager: EntityManager, attempt: AttemptEntity, step: AttemptStep): Promise<void> {
  const { id: attemptId, turn } = attempt;
  const { turn: result, captured } = step;
  const { report, conversation = '', startedAt } = result ?? {};
  const [state, now] = [stateOf(step), new Date()];
  const told = startedAt === undefined ? null : new Date(startedAt);
  // One statement: each step of each attempt comes through here.
  await manager.query(
    `INSERT INTO turns (attempt_id, turn, state, status_detail, conversation, checkpoint, report, start_time, end_time)
     VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8::timestamptz, $9::timestamptz), $10)
     ON CONFLICT (attempt_id, turn) DO UPDATE SET
       state = excluded.state,
       status_detail = excluded.status_detail,
       conversation = coalesce(nullif(excluded.conversation, ''), turns.conversation),
       checkpoint = coalesce(excluded.checkpoint, turns.checkpoint),
       report = coalesce(excluded.report, turns.report),
       start_time = coalesce($8::timestamptz, turns.start_time, excluded.start_time),
       end_time = coalesce(excluded.end_time, turns.end_time)`,
    [
      attemptId,
      turn,
      state,
      isEndState(step.state) ? step.statusDetail : '',
      conversation,
      toJson(captured),
      toJson(report),
      told,
      step.state === 'RUNNING' ? now : null,
      state === 'QUEUED' || state === 'RUNNING' ? null : now,
    ],
  );
  await closeSteered(manager, attempt, report?.steered ?? []);
}

function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

export function newTurn(
  manager: EntityManager,
  attemptId: string,
  turn: number,
  wish: Partial<Pick<TurnEntity, 'message' | 'principal' | 'verdictId' | 'steers'>> = {},
): TurnEntity {
  return manager.create(TurnEntity, {
    attemptId,
    turn,
    state: 'QUEUED',
    statusDetail: '',
    message: '',
    principal: '',
    verdictId: null,
    steers: false,
    conversation: '',
    checkpoint: null,
    report: null,
    createTime: new Date(),
    startTime: null,
    endTime: null,
    ...wish,
  });
}

function stateOf({ state, statusDetail }: AttemptStep): TurnEntity['state'] {
  // A lost runner: it begins anew.
  if (state === 'QUEUED') return 'QUEUED';
  // With its plan: this turn is done.
  if (state === 'WAITING_FOR_USER') return 'COMPLETED';
  if (!isEndState(state)) return 'RUNNING';
  return statusDetail === 'TURN_INTERRUPTED' ? 'CANCELLED' : (state as TurnEntity['state']);
}
