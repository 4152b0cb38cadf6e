import type { Check } from '@heddle/contracts';
import type { AttemptStep } from '@heddle/contracts/workflows';
import { ATTEMPT_END_STATES, SECRET_IN_CHANGE } from '@heddle/domain';
import type { EntityManager } from 'typeorm';

/** The other attempts of a task that is to stop early; their rows are locked. */
export interface Rivals {
  /** That have not ended. */
  readonly ids: readonly string[];
  readonly checks: readonly Check[];
}

/** Ends that are COMPLETED and nothing that could be landed. */
const NO_WINNER: readonly string[] = [SECRET_IN_CHANGE, 'AGENT_NO_CHANGES'];

/**
 * Called before the attempt's own row is locked: rows of a task are locked in the order of ids, by everyone, or two that
 * win at the same moment would wait for each other.
 * @returns undefined where the task lets all its attempts go on to their ends
 */
export async function lockRivals(manager: EntityManager, attemptId: string): Promise<Rivals | undefined> {
  const [task]: { id: string; checks: Check[] }[] = await manager.query(
    'SELECT t.id, t.checks FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id WHERE a.id = $1 AND t.early_stop',
    [attemptId],
  );
  if (task === undefined) return undefined;
  const rows: { id: string; ended: boolean }[] = await manager.query(
    'SELECT id, state = ANY($2) AS ended FROM attempts WHERE task_id = $1 ORDER BY id FOR UPDATE',
    [task.id, ATTEMPT_END_STATES],
  );
  const ids = rows.filter(({ id, ended }) => id !== attemptId && !ended).map(({ id }) => id);
  return { ids, checks: task.checks };
}

/**
 * Asks the others to stop where this step passed everything. One that ends as COMPLETED before its workflow hears of it
 * stays so: there may be two winners, and never none.
 */
export async function stopRivals(manager: EntityManager, { ids, checks }: Rivals, step: AttemptStep): Promise<void> {
  if (ids.length === 0 || !passedAll(checks, step)) return;
  await manager.query(
    `UPDATE attempts SET stop_requested = 'SIBLING_PASSED', dispatched_at = NULL
     WHERE id = ANY($1) AND stop_requested IS NULL`,
    [ids],
  );
}

function passedAll(checks: readonly Check[], step: AttemptStep): boolean {
  if (NO_WINNER.includes(step.statusDetail)) return false;
  const passed = new Set((step.checks ?? []).filter(({ state }) => state === 'PASSED').map(({ name }) => name));
  return checks.filter(({ advisory }) => !advisory).every(({ name }) => passed.has(name));
}
