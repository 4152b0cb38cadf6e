// `npm test`: builds what is out of date and runs every check. Arguments name the steps to run, for example
// `npm test -- lint unit`; after `--match` comes a pattern for the paths of test files.
import { parseArgs } from 'node:util';
import { runSteps } from './run-steps.mjs';
import { steps } from './steps.mjs';

const { values, positionals } = parseArgs({ options: { match: { type: 'string' } }, allowPositionals: true });
const all = steps(values);
const unknown = positionals.filter((name) => !all.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')}; there are ${all.map((step) => step.name).join(', ')}`);
  process.exitCode = 2;
} else {
  const chosen = all.filter((step) => step.always || positionals.length === 0 || positionals.includes(step.name));
  process.exitCode = await runSteps(chosen);
}
