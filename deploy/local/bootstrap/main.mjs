import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bringUpToDate } from './build.mjs';
import { endWithChildren } from './end-with-children.mjs';
import { progress } from './progress.mjs';
import { checkRequirements } from './requirements.mjs';
import { root } from './root.mjs';
import { StepFailed } from './step-failed.mjs';

/** What each command runs once everything is built. `test` builds by itself: a failing build is a failing test. */
const ENTRIES = {
  start: 'deploy/local/dist/main.js',
  demo: 'deploy/local/dist/demo/main.js',
  bench: 'tests/dist/bench/main.js',
  fuzz: 'tests/dist/fuzz/main.js',
  replay: 'tests/dist/replay/main.js',
  chaos: 'tests/dist/chaos/main.js',
  cli: 'clients/cli/dist/main.js',
  test: 'tests/driver/main.mjs',
};

/** @param {string[]} args command and its arguments */
export async function main([command, ...args]) {
  if (command !== 'build' && !(command in ENTRIES)) {
    process.stderr.write(`usage: bootstrap.mjs ${[...Object.keys(ENTRIES), 'build'].join(' | ')}\n`);
    process.exitCode = 2;
    return;
  }
  const letGoOfSignals = endWithChildren();
  try {
    // The command line's output may be parsed: what set-up says goes to the other stream.
    const say = progress(command === 'cli' ? process.stderr : process.stdout);
    await checkRequirements();
    if (command !== 'test') await bringUpToDate(say);
    letGoOfSignals();
    if (command !== 'build') await handOver(ENTRIES[command], args);
  } catch (error) {
    letGoOfSignals();
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Runs in this process: one less to keep, and signals reach who handles them. */
async function handOver(entry, args) {
  const file = join(root, entry);
  if (!existsSync(file)) throw new StepFailed(`${entry} is not part of this checkout`);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}
