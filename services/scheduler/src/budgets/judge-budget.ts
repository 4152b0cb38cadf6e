import type { BudgetFacts } from './budget-facts.js';
import type { BudgetOwner, Spent } from './spending.js';

/** From this share of a limit on it is worth telling. */
const NEARLY = 0.8;

export interface BudgetVerdict {
  readonly isNearlyUsed: boolean;
  /** Why its agents are to stop, in words; absent: they may go on. */
  readonly exhausted?: string;
}

interface Share {
  readonly used: number;
  readonly limit: number;
  readonly words: string;
}

/**
 * Turns are no matter of it: one above the limit is refused where it is asked for. A cost that is not known is not within
 * its limit: a promise that cannot be looked after is not kept by luck.
 */
export function judgeBudget(kind: BudgetOwner['kind'], budget: BudgetFacts, spent: Spent): BudgetVerdict {
  const shares = sharesOf(budget, spent);
  const isNearlyUsed = shares.some(({ used, limit }) => used >= limit * NEARLY);
  const over = shares.find(({ used, limit }) => used >= limit);
  if (over !== undefined) return { isNearlyUsed, exhausted: `The budget of the ${kind} is used up: ${over.words}` };
  if (budget.cost === undefined || spent.unpriced.length === 0) return { isNearlyUsed };
  const { currencyCode } = budget.cost;
  const models = spent.unpriced.map((model) => (model === '' ? 'one that its agent does not name' : model)).join(', ');
  return {
    isNearlyUsed,
    exhausted: `The budget of the ${kind} has a cost in ${currencyCode}, and a model has no price in it: ${models}`,
  };
}

function sharesOf({ tokens, cost, durationMs }: BudgetFacts, spent: Spent): Share[] {
  const shares: Share[] = [];
  if (tokens !== undefined) {
    const used = spent.tokens ?? 0;
    shares.push({ used, limit: tokens, words: `${String(used)} of ${String(tokens)} tokens` });
  }
  if (cost !== undefined && spent.cost !== undefined) {
    const { amount } = spent.cost;
    const words = `${Number(amount).toFixed(4)} of ${cost.amount} ${cost.currencyCode}`;
    shares.push({ used: Number(amount), limit: Number(cost.amount), words });
  }
  if (durationMs !== undefined) {
    const words = `${seconds(spent.wallMs)} of ${seconds(durationMs)} of its agents' time`;
    shares.push({ used: spent.wallMs, limit: durationMs, words });
  }
  return shares;
}

function seconds(milliseconds: number): string {
  return `${String(Math.round(milliseconds / 1_000))} s`;
}
