import type { Budget, Money } from '@heddle/contracts';
import { durationMs, toDuration } from '@heddle/platform/waiting';

/** A budget as its row has it. */
export interface BudgetFacts {
  readonly tokens?: number;
  /** `amount` is a decimal number. */
  readonly cost?: { readonly currencyCode: string; readonly amount: string };
  readonly durationMs?: number;
  readonly turns?: number;
}

const NANOS = 9;

/** Of a budget that is valid; null for one without a limit. */
export function budgetFacts(budget: Budget | undefined): BudgetFacts | null {
  if (budget === undefined) return null;
  const { tokens, cost, duration, turns } = budget;
  const facts: BudgetFacts = {
    ...(tokens === undefined ? {} : { tokens: Number(tokens) }),
    ...(cost === undefined ? {} : { cost: { currencyCode: cost.currencyCode, amount: toAmount(cost) } }),
    ...(duration === undefined ? {} : { durationMs: durationMs(duration) }),
    ...(turns === undefined ? {} : { turns }),
  };
  return Object.keys(facts).length === 0 ? null : facts;
}

export function toBudget(facts: BudgetFacts | null): Budget | undefined {
  if (facts === null) return undefined;
  const { tokens, cost, durationMs: milliseconds, turns } = facts;
  return {
    tokens: tokens === undefined ? undefined : String(tokens),
    cost: cost === undefined ? undefined : toMoney(cost.currencyCode, cost.amount),
    duration: milliseconds === undefined ? undefined : toDuration(milliseconds),
    turns,
  };
}

/** @param amount a decimal number, not negative; what is less than a billionth is cut off */
export function toMoney(currencyCode: string, amount: string): Money {
  const [units = '0', fraction = ''] = amount.split('.');
  return { currencyCode, units, nanos: Number(fraction.slice(0, NANOS).padEnd(NANOS, '0')) };
}

export function toAmount({ units, nanos }: Pick<Money, 'units' | 'nanos'>): string {
  const fraction = String(nanos).padStart(NANOS, '0').replace(/0+$/, '');
  return fraction === '' ? units : `${units}.${fraction}`;
}
