import type { Budget } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';
import { durationMs } from '@heddle/platform/waiting';

const MAX_TOKENS = 1e15;
const MAX_UNITS = 1e12;
const MAX_MS = 365 * 24 * 3_600_000;
const MAX_TURNS = 1_000_000;
const MAX_NANOS = 999_999_999;

/** Faults of a budget's form; every limit that there is must be more than nothing. */
export function budgetViolations(budget: Budget | undefined, at: string): FieldViolation[] {
  if (budget === undefined) return [];
  const { tokens, cost, duration, turns } = budget;
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string): number =>
    violations.push({ field: `${at}.${field}`, description });
  if (tokens !== undefined && !within(Number(tokens), MAX_TOKENS)) refuse('tokens', 'must be 1 to 10^15');
  if (cost !== undefined) {
    if (!/^[A-Z]{3}$/.test(cost.currencyCode)) refuse('cost.currency_code', 'must be three capital letters, as in USD');
    const units = Number(cost.units);
    if (units < 0 || units > MAX_UNITS || cost.nanos < 0 || cost.nanos > MAX_NANOS || units + cost.nanos === 0)
      refuse('cost', 'must be more than 0 and at most 10^12, with nanos of 0 to 999999999');
  }
  if (duration !== undefined && !within(durationMs(duration), MAX_MS))
    refuse('duration', 'must be more than 0 and at most 365 days');
  if (turns !== undefined && !within(turns, MAX_TURNS)) refuse('turns', 'must be 1 to 1000000');
  return violations;
}

function within(value: number, maximum: number): boolean {
  return value > 0 && value <= maximum;
}
