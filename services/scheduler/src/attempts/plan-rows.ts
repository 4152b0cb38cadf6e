import { HeddleError, type TurnMode } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { AttemptPlanEntity } from '../persistence/attempt-plan.entity.js';

const APPROVED = 'SELECT 1 FROM attempt_plans AS p WHERE p.attempt_id = a.id AND p.approve_time IS NOT NULL';

/** Of the present turn of an attempt `a` of a task `t`: once a plan was approved there is only work left. */
export const TURN_MODE = `CASE WHEN t.mode = 'PLAN' AND EXISTS (${APPROVED}) THEN 'CODE' ELSE t.mode END`;

/** Text of the plan that the attempt is to carry out; undefined while none was approved. */
export async function approvedPlan(manager: EntityManager, attemptId: string): Promise<string | undefined> {
  const rows: { text: string }[] = await manager.query(
    `SELECT coalesce(approved_text, text) AS text FROM attempt_plans
     WHERE attempt_id = $1 AND approve_time IS NOT NULL ORDER BY version DESC LIMIT 1`,
    [attemptId],
  );
  return rows[0]?.text;
}

/** @throws HeddleError PLAN_NOT_FOUND */
export async function newestPlan(manager: EntityManager, attemptId: string): Promise<AttemptPlanEntity> {
  const [row] = await manager.find(AttemptPlanEntity, { where: { attemptId }, order: { version: 'DESC' }, take: 1 });
  if (row !== undefined) return row;
  throw new HeddleError('PLAN_NOT_FOUND', `Attempt ${attemptId} has no plan`, { metadata: { id: attemptId } });
}

/** A repeat keeps what is there. */
export async function insertPlan(
  manager: EntityManager,
  attemptId: string,
  version: number,
  text: string,
): Promise<void> {
  await manager
    .createQueryBuilder()
    .insert()
    .into(AttemptPlanEntity)
    .values({ attemptId, version, text, createTime: new Date(), approveTime: null, approver: null, approvedText: null })
    .orIgnore()
    .execute();
}

/** Of a turn that is about to begin. */
export function turnMode(taskMode: TurnMode, plan: string | undefined): TurnMode {
  return taskMode === 'PLAN' && plan !== undefined ? 'CODE' : taskMode;
}
