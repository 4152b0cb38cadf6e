interface Outcome {
  readonly name: string;
  readonly state: string;
  readonly advisory: boolean;
}

/** Checks that say no; those of the advisory kind don't count. A check that did not run proves nothing. */
export function isRed(checks: readonly Outcome[]): boolean {
  return redChecks(checks).length > 0;
}

/** Names of the checks that say no. */
export function redChecks(checks: readonly Outcome[]): string[] {
  return checks.filter((check) => !check.advisory && check.state !== 'PASSED').map(({ name }) => name);
}

/**
 * What two runs of the same checks on the same tree say together: a check that passed in one of them passed, and is flaky
 * where it did not in the other. A check is flaky only by evidence: never because it failed.
 */
export function retriedChecks<Check extends Outcome>(
  first: readonly Check[],
  second: readonly Check[],
): (Check & { readonly flaky: boolean })[] {
  return second.map((check) => {
    const before = first.find(({ name }) => name === check.name);
    const flaky = before !== undefined && (before.state === 'PASSED') !== (check.state === 'PASSED');
    return { ...(flaky && before.state === 'PASSED' ? before : check), flaky };
  });
}
