import type { TrialOutcome } from '../trial/trial-outcome.js';
import { isTrialEnded } from '../trial/trial-state.js';

export type IntentVerdict =
  /** AGAIN: they failed once, which a check does that fails now and then. */
  { readonly kind: 'WAIT' | 'AGAIN' | 'PROVEN' } | { readonly kind: 'NOT_PROVEN'; readonly message: string };

/**
 * Whether a change's tests tell what its lines are for: a check that passes without the lines and without the tests fails, twice, once
 * the tests are there. Then a tree without the lines on which it passes does what they were for. A check that is red by itself, runs out
 * of time or can't be started proves nothing.
 * @param untested without the tests
 * @param tested with them; one for each time that it was run
 */
export function judgeIntent(untested: TrialOutcome, tested: readonly TrialOutcome[]): IntentVerdict {
  if (![untested, ...tested].every(({ state }) => isTrialEnded(state))) return { kind: 'WAIT' };
  const passing = untested.checks.filter(({ state }) => state === 'PASSED').map(({ name }) => name);
  if (passing.length === 0)
    return { kind: 'NOT_PROVEN', message: 'no check passes without its lines and without its tests' };
  const telling = passing.filter((name) => tested.every(({ checks }) => hasFailed(checks, name)));
  if (telling.length === 0) return { kind: 'NOT_PROVEN', message: 'its tests do not fail without its lines' };
  return { kind: tested.length < 2 ? 'AGAIN' : 'PROVEN' };
}

function hasFailed(checks: TrialOutcome['checks'], name: string): boolean {
  return checks.some((check) => check.name === name && check.state === 'FAILED' && check.isRunnable);
}
