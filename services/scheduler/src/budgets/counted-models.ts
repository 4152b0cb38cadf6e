import { byModel, toModelUsage, totalUsage } from '@heddle/agents';
import type { ModelUsage } from '@heddle/contracts';
import type { ModelUsageCount } from '@heddle/contracts/workflows';
import type { EntityManager } from 'typeorm';

/** What is counted of runs, as one list of `ModelUsageCount`; null where no agent told any. */
function modelsOfRuns(condition: string): string {
  return `SELECT jsonb_agg(m) FROM agent_runs AS r CROSS JOIN LATERAL jsonb_array_elements(r.models) AS m WHERE ${condition}`;
}

/** SQL of a column: what an attempt has used, by the rows that its budget stops it by. */
export function modelsOfAttempt(alias: string): string {
  return modelsOfRuns(`r.attempt_id = ${alias}.id`);
}

/** SQL of a column: the same of one turn. */
export function modelsOfTurn(alias: string): string {
  return modelsOfRuns(`r.attempt_id = ${alias}.attempt_id AND r.turn = ${alias}.turn`);
}

/** As it is by now, for a row that was read before its runs were written. */
export async function readModelsOfAttempt(manager: EntityManager, id: string): Promise<ModelUsageCount[] | null> {
  const [row]: [{ models: ModelUsageCount[] | null }] = await manager.query(
    `SELECT (${modelsOfAttempt('a')}) AS models FROM attempts AS a WHERE a.id = $1`,
    [id],
  );
  return row.models;
}

/** As readers see it; undefined where no agent told any. */
export function toCountedUsage(models: readonly ModelUsageCount[] | null | undefined): ModelUsage | undefined {
  const total = totalUsage(byModel(models ?? []));
  return total && toModelUsage(total);
}
