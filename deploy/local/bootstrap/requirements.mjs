import { run } from './run.mjs';
import { StepFailed } from './step-failed.mjs';

/** The first git whose merge-tree merges without a work tree and takes many merges at once. */
const OLDEST_GIT = [2, 39];

/** @throws {StepFailed} naming what this machine lacks */
export async function checkRequirements() {
  if (process.platform !== 'linux') {
    throw new StepFailed(`Heddle runs on Linux only (this is ${process.platform}): sandboxes need its namespaces.`);
  }
  const said = await run('git', ['--version']);
  if (said.code === undefined)
    throw new StepFailed('Heddle needs git, and it is not on PATH: install git 2.39 or newer.');
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(said.output) ?? []).slice(1).map(Number);
  if (major > OLDEST_GIT[0] || (major === OLDEST_GIT[0] && minor >= OLDEST_GIT[1])) return;
  throw new StepFailed(`Heddle needs git ${OLDEST_GIT.join('.')} or newer; this is ${said.output.trim()}.`);
}
