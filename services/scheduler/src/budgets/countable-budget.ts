import { agentAdapter } from '@heddle/agents';
import type { AgentSpec, Budget } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { PRICE_OF_USAGE } from './spending.js';

/**
 * Why a budget of a valid form could not be looked after: an agent tells no tokens, a model that is known already has no
 * price. A model that only its agent knows is seen when it is told.
 * @param agents of the attempts that are to live by it, one for each
 */
export async function uncountable(
  manager: EntityManager,
  budget: Budget | undefined,
  agents: readonly AgentSpec[],
  at: string,
): Promise<FieldViolation[]> {
  if (budget === undefined) return [];
  const violations: FieldViolation[] = [];
  const { tokens, cost, turns } = budget;
  if (turns !== undefined && turns < agents.length)
    violations.push({
      field: `${at}.turns`,
      description: `must be at least the number of its attempts, which is ${String(agents.length)}`,
    });
  if (tokens === undefined && cost === undefined) return violations;
  const counted = tokens === undefined ? 'cost' : 'tokens';
  const silent = agents.find(({ kind }) => !agentAdapter(kind).capabilities.reportsUsage);
  if (silent !== undefined)
    violations.push({
      field: `${at}.${counted}`,
      description: `cannot be counted: agents of kind ${silent.kind} tell no tokens; duration can be limited`,
    });
  if (cost !== undefined) violations.push(...(await unpriced(manager, cost.currencyCode, agents, `${at}.cost`)));
  return violations;
}

async function unpriced(
  manager: EntityManager,
  currencyCode: string,
  agents: readonly AgentSpec[],
  field: string,
): Promise<FieldViolation[]> {
  const prices: unknown[] = await manager.query('SELECT FROM prices WHERE currency_code = $1 LIMIT 1', [currencyCode]);
  if (prices.length === 0)
    return [
      {
        field,
        description: `no model has a price in ${currencyCode}; an operator sets it: heddle admin prices set MODEL --currency ${currencyCode}`,
      },
    ];
  const models = agents.filter(({ model }) => model !== '').map(({ model, credentialId }) => ({ model, credentialId }));
  const missing: { model: string }[] = await manager.query(
    `SELECT DISTINCT u.model FROM (SELECT $1::text AS code) AS c CROSS JOIN LATERAL (
       SELECT a.model, coalesce(k.provider, '') AS provider, now() AS begin_time
       FROM jsonb_to_recordset($2::jsonb) AS a (model text, "credentialId" text)
       LEFT JOIN credentials AS k ON k.id::text = a."credentialId") AS u
     LEFT JOIN LATERAL (${PRICE_OF_USAGE}) AS p ON true WHERE p.id IS NULL ORDER BY u.model`,
    [currencyCode, JSON.stringify(models)],
  );
  return missing.map(({ model }) => ({ field, description: `the model ${model} has no price in ${currencyCode}` }));
}
