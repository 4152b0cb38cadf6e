import { HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import type { DataSource, EntityManager } from 'typeorm';
import { lockAttempt } from '../attempts/attempt-rows.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { addTurn, queueAgain, refuseFurtherTurn } from '../turns/add-turn.js';
import { reopenWaiting } from '../turns/waiting-turns.js';
import { judgedBudgets } from './judged-budgets.js';

const MESSAGE = 'You were stopped because your budget was used up. It is higher now: go on where you stopped.';

interface Stopped {
  readonly id: string;
  readonly task_id: string;
  readonly batch_id: string;
}

/** What became of attempts that had been stopped for their budget. */
export interface GoneOn {
  /** Ids of the resources that changed. */
  readonly moved: readonly string[];
  /** Why one of them could not go on, where one could not. */
  readonly refusal?: HeddleError;
}

/**
 * Lets attempts go on that were stopped for a budget: those that had worked in a further turn, with their tree and their
 * conversation, those whose turn had not begun with what it was to be told. Messages that waited behind wait again. One that
 * another budget would stop at once stays.
 */
export async function goOn(dataSource: DataSource, attemptIds: readonly string[]): Promise<GoneOn> {
  const stopped: Stopped[] = await dataSource.query(
    `SELECT id, task_id, batch_id FROM attempts
     WHERE id = ANY($1) AND state = 'FAILED' AND status_detail = 'BUDGET_EXHAUSTED' ORDER BY id`,
    [attemptIds],
  );
  const ids = stopped.map(({ id }) => id);
  const spent = new Map((await judgedBudgets(dataSource.manager, ids)).map(({ id, exhausted }) => [id, exhausted]));
  const moved: string[] = [];
  let refusal: HeddleError | undefined;
  for (const { id, task_id: taskId, batch_id: batchId } of stopped) {
    const why = [id, taskId, batchId].map((owner) => spent.get(owner)).find((words) => words !== undefined);
    if (why !== undefined) {
      refusal ??= new HeddleError('BUDGET_EXHAUSTED', why, { metadata: { id } });
      continue;
    }
    try {
      moved.push(...(await dataSource.transaction((manager) => one(manager, id))));
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      refusal ??= error;
    }
  }
  return { moved, ...(refusal === undefined ? {} : { refusal }) };
}

async function one(manager: EntityManager, id: string): Promise<readonly string[]> {
  const locked = await lockAttempt(manager, id);
  // Somebody may have been faster.
  if (locked?.attempt.statusDetail !== 'BUDGET_EXHAUSTED' || locked.attempt.endTime === null) return [];
  const { turn } = locked.attempt;
  // What it was to be told it has not heard yet.
  const row = await manager.findOneBy(TurnEntity, { attemptId: id, turn });
  if ((row ?? locked.attempt).startTime === null) {
    await reopenWaiting(manager, id, turn);
    return (await queueAgain(manager, locked, turn)).moved;
  }
  const next = await reopenWaiting(manager, id, turn);
  if (next !== undefined) {
    await refuseFurtherTurn(manager, locked);
    const message = `${MESSAGE} Meanwhile you were told:\n\n${next.message}`;
    await manager.update(TurnEntity, { attemptId: id, turn: next.turn }, { message });
    return (await queueAgain(manager, locked, next.turn)).moved;
  }
  const principal = requestContext.get()?.principal ?? '';
  return (await addTurn(manager, id, { message: MESSAGE, principal, interrupts: false })).moved;
}
