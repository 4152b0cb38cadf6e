import type { SteeringMessage } from '@heddle/contracts/internal';
import type { DataSource, EntityManager } from 'typeorm';

/** More come with the next answer. */
const AT_ONCE = 20;
/** Of the column. */
const MAX_NUMBER = 2 ** 31 - 1;

interface Row {
  readonly attempt_id: string;
  readonly fence: string;
  readonly turn: number;
  readonly number: number;
  readonly text: string;
}

/** Messages for the turns that run on this runner. They are told again with each of its reports, until a turn's end says which it took. */
export async function steeringMessages(dataSource: DataSource, runnerId: string): Promise<SteeringMessage[]> {
  const rows: Row[] = await dataSource.query(
    `SELECT a.id AS attempt_id, a.fence, a.turn, t.turn AS number, t.message AS text
     FROM turns AS t JOIN attempts AS a ON a.id = t.attempt_id
     WHERE t.steers AND t.state = 'QUEUED' AND t.turn > a.turn
       AND a.runner_id = $1 AND a.state = 'RUNNING' AND a.stop_requested IS NULL AND a.interrupt_turn IS NULL
     ORDER BY a.id, t.turn LIMIT ${String(AT_ONCE)}`,
    [runnerId],
  );
  return rows.map(({ attempt_id: attemptId, ...row }) => ({ attemptId, ...row }));
}

/** What the present turn took of the messages behind it has been said. The caller holds the lock on the attempt's row. */
export async function closeSteered(
  manager: EntityManager,
  { id: attemptId, turn }: { readonly id: string; readonly turn: number },
  numbers: readonly number[],
): Promise<void> {
  // They come from an agent's output.
  const turns = numbers.filter((number) => Number.isInteger(number) && number > turn && number <= MAX_NUMBER);
  if (turns.length === 0) return;
  await manager.query(
    `UPDATE turns SET state = 'COMPLETED', status_detail = 'STEERED', start_time = now(), end_time = now()
     WHERE attempt_id = $1 AND turn > $2 AND turn = ANY($3) AND steers AND state = 'QUEUED'`,
    [attemptId, turn, turns],
  );
}
