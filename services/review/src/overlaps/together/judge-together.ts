import { isTrialEnded, type TrialOutcome } from '@heddle/domain';

export type TogetherVerdict =
  | { readonly kind: 'WAIT' | 'AGAIN' | 'PASSED' | 'NOT_RUN' }
  /** Names of the checks that failed in both runs. */
  | { readonly kind: 'FAILED'; readonly checks: readonly string[] };

/**
 * What runs of the checks over both changes say. Who fails once is asked again, for a check that fails now and then would accuse
 * anybody; what failed twice and is green on each alone does not get on.
 * @param runs of each one its trials, one for each environment, in the same order
 */
export function judgeTogether(runs: readonly (readonly TrialOutcome[])[]): TogetherVerdict {
  const last = runs.at(-1) ?? [];
  if (last.some(({ state }) => !isTrialEnded(state))) return { kind: 'WAIT' };
  if (last.every(hasPassed)) return { kind: 'PASSED' };
  const [first = new Map<string, string>(), second] = runs.map(failedIn);
  if (first.size === 0) return { kind: 'NOT_RUN' };
  if (second === undefined) return { kind: 'AGAIN' };
  const both = [...first].filter(([key]) => second.has(key)).map(([, name]) => name);
  return both.length === 0 ? { kind: 'NOT_RUN' } : { kind: 'FAILED', checks: [...new Set(both)] };
}

function hasPassed({ state, checks }: TrialOutcome): boolean {
  return state === 'RAN' && checks.every((check) => check.state === 'PASSED');
}

/** A check that ran out of time or could not be started says nothing of the two. */
function failedIn(trials: readonly TrialOutcome[]): Map<string, string> {
  return new Map(
    trials.flatMap(({ checks }, index) =>
      checks
        .filter(({ state, isRunnable }) => state === 'FAILED' && isRunnable)
        .map(({ name }): [string, string] => [`${String(index)} ${name}`, name]),
    ),
  );
}
