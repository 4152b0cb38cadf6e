import type { Budget, Spending } from '@heddle/contracts';
import { toDuration } from '@heddle/platform/waiting';
import type { EntityManager } from 'typeorm';
import { toMoney, type BudgetFacts } from './budget-facts.js';

/** Whose budget it is. */
export interface BudgetOwner {
  readonly kind: 'batch' | 'task' | 'attempt';
  readonly id: string;
}

/** What has been used so far; one truth for readers and for stops: the rows of the runs. */
export interface Spent {
  /** Absent where no agent told any. */
  readonly tokens?: number;
  readonly wallMs: number;
  readonly turns: number;
  /** Absent where no agent told tokens, no currency is asked for, or a price is missing in it. `amount` is a decimal number. */
  readonly cost?: { readonly currencyCode: string; readonly amount: string };
  /** With usage, and without a price in that currency. */
  readonly unpriced: readonly string[];
}

interface Row {
  readonly tokens: string | null;
  readonly wall_ms: string;
  readonly turns: number;
  readonly currency: string | null;
  readonly amount: string | null;
  readonly unpriced: string[] | null;
}

const OF_ATTEMPTS = { batch: 'batch_id', task: 'task_id', attempt: 'id' } as const;
const OF_RUNS = { batch: 'batch_id', task: 'task_id', attempt: 'attempt_id' } as const;

/** The row of `prices` that holds for usage `u` in the currency `c`; as heddle.v1.Price says. */
export const PRICE_OF_USAGE = `
  SELECT * FROM prices AS p
  WHERE p.currency_code = c.code AND p.provider IN ('', u.provider) AND p.valid_from_time <= u.begin_time
    AND (p.model = u.model OR (p.model LIKE '%*' AND starts_with(u.model, left(p.model, -1))))
  ORDER BY p.provider <> '' DESC, p.model = u.model DESC, length(p.model) DESC, p.valid_from_time DESC LIMIT 1`;

/** @param currency of the cost; absent: the only one that there are prices in */
export async function spentBy(manager: EntityManager, owner: BudgetOwner, currency?: string): Promise<Spent> {
  const [row]: [Row] = await manager.query(
    `WITH runs AS (SELECT * FROM agent_runs WHERE ${OF_RUNS[owner.kind]} = $1),
     c AS (SELECT coalesce($2::text, (SELECT min(currency_code) FROM prices
                                       HAVING count(DISTINCT currency_code) = 1)) AS code),
     used AS (
       SELECT u.model, p.id IS NOT NULL AS is_priced, (greatest(u."inputTokens" - u."cachedInputTokens", 0) * p.input
         + u."cachedInputTokens" * coalesce(p.cached_input, p.input)
         + greatest(u."outputTokens" - u."reasoningTokens", 0) * p.output
         + u."reasoningTokens" * coalesce(p.reasoning, p.output)) / 1000000 AS amount
       FROM c CROSS JOIN LATERAL (
         SELECT r.provider, r.begin_time, m.* FROM runs AS r CROSS JOIN LATERAL jsonb_to_recordset(r.models) AS m (
           model text, "inputTokens" bigint, "cachedInputTokens" bigint, "outputTokens" bigint, "reasoningTokens" bigint)
         WHERE m."inputTokens" + m."outputTokens" > 0) AS u
       LEFT JOIN LATERAL (${PRICE_OF_USAGE}) AS p ON true)
     SELECT (SELECT sum(tokens) FROM runs WHERE run <> '') AS tokens,
       (SELECT coalesce(sum(wall_ms), 0) FROM runs) AS wall_ms,
       (SELECT coalesce(sum(turn), 0)::int FROM attempts WHERE ${OF_ATTEMPTS[owner.kind]} = $1) AS turns,
       (SELECT code FROM c) AS currency,
       (SELECT sum(amount)::text FROM used) AS amount,
       (SELECT array_agg(DISTINCT model ORDER BY model) FROM used WHERE NOT is_priced) AS unpriced`,
    [owner.id, currency ?? null],
  );
  const unpriced = row.unpriced ?? [];
  const isKnown = row.currency !== null && row.amount !== null && unpriced.length === 0;
  return {
    ...(row.tokens === null ? {} : { tokens: Number(row.tokens) }),
    wallMs: Number(row.wall_ms),
    turns: row.turns,
    ...(isKnown ? { cost: { currencyCode: row.currency, amount: row.amount } } : {}),
    unpriced,
  };
}

/** As readers see it. */
export async function spendingOf(
  manager: EntityManager,
  owner: BudgetOwner,
  budget: Budget | BudgetFacts | null | undefined,
): Promise<Spending> {
  return toSpending(await spentBy(manager, owner, budget?.cost?.currencyCode));
}

export function toSpending({ tokens, wallMs, turns, cost, unpriced }: Spent): Spending {
  return {
    tokens: tokens === undefined ? undefined : String(tokens),
    cost: cost === undefined ? undefined : toMoney(cost.currencyCode, cost.amount),
    duration: toDuration(wallMs),
    turns,
    unpricedModels: [...unpriced],
  };
}
