import { skippedTests } from './outcome.mjs';

/**
 * Runs the steps one after the other and ends with the line `N passed, N failed, N skipped`.
 * @param {ReturnType<import('./steps.mjs').steps>} steps
 * @returns {Promise<number>} the exit code
 */
export async function runSteps(steps) {
  const outcomes = [];
  let built = true;
  for (const { name, needsBuild, run } of steps) {
    if (needsBuild && !built) {
      outcomes.push({
        passed: 0,
        failed: 0,
        skipped: [{ name: `${name}: not run, because the build failed`, tests: 1 }],
      });
      continue;
    }
    const started = performance.now();
    console.log(`▶ ${name}`);
    const outcome = await run();
    if (name === 'types') built = outcome.failed === 0;
    outcomes.push(outcome);
    if (outcome.report) console.log(outcome.report);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${outcome.failed === 0 ? '✓' : '✗'} ${name}: ${counts([outcome])} (${seconds} s)`);
  }
  const skipped = outcomes.flatMap((outcome) => outcome.skipped);
  if (skipped.length > 0) console.log('\nSkipped:');
  for (const { name, tests } of skipped) console.log(`  ${name} (${tests})`);
  // What was printed when it happened is far above by now, and a log's end is what is kept.
  const failures = outcomes.flatMap((outcome) => outcome.failures ?? []);
  if (failures.length > 0) console.log('\nFailed:');
  for (const failure of failures) console.log(`  ${failure}`);
  console.log('');
  console.log(counts(outcomes));
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
}

function counts(outcomes) {
  const sum = (of) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed, ${sum(skippedTests)} skipped`;
}
