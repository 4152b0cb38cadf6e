/** Before anything is known, one of five is taken to be red: a Beta(4, 1) prior of the pass rate. */
const PRIOR = { passed: 4, failed: 1 };

/** The share of landings that are expected to be red, from 0 to 1, given how the last ones of the queue ended. */
export function expectedFailureRate({ passed, failed }: { readonly passed: number; readonly failed: number }): number {
  return (failed + PRIOR.failed) / (passed + failed + PRIOR.passed + PRIOR.failed);
}

/**
 * How many landings one test should stand for: the size that needs the fewest tests a landing, one for the batch and one for
 * each of its members where it is red (Dorfman). From 1 to `most`.
 */
export function batchSize(failureRate: number, most: number): number {
  let best = 1;
  let fewest = 1;
  for (let size = 2; size <= most; size += 1) {
    const tests = 1 / size + 1 - (1 - failureRate) ** size;
    if (tests < fewest) [best, fewest] = [size, tests];
  }
  return best;
}
