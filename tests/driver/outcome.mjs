/**
 * What a step found.
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {{ name: string, tests: number }[]} skipped groups of skipped tests; the name holds the reason
 * @property {string[]} [failures] one line for each test that failed
 * @property {string} [report] what failed, for people
 */

/** @returns {Outcome} */
export function onePassed() {
  return { passed: 1, failed: 0, skipped: [] };
}

/** @param {string} report @returns {Outcome} */
export function oneFailed(report) {
  return { passed: 0, failed: 1, skipped: [], report };
}

/** @param {Outcome} outcome */
export function skippedTests({ skipped }) {
  return skipped.reduce((sum, { tests }) => sum + tests, 0);
}
