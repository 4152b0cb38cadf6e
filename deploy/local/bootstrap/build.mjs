import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dependenciesInstalled, installDependencies } from './dependencies.mjs';
import { lockFile } from './file-lock.mjs';
import { contentsHash, inputsHash } from './inputs.mjs';
import { root } from './root.mjs';
import { run } from './run.mjs';
import { StepFailed } from './step-failed.mjs';

const STATE_DIRECTORY = join(root, '.heddle');
const STAMP = join(STATE_DIRECTORY, 'build.json');
const BUNDLE = 'libs/workflows/dist/workflow-bundle.js';
/** What the generator makes of proto/; the first and the last thing that it writes. */
const GENERATED = ['libs/contracts/src/generated/public.ts', 'libs/contracts/dist/descriptors.binpb'];

/**
 * Installs, generates and compiles what is missing or out of date, and returns at once when nothing is. Builds of one
 * checkout run one after the other.
 * @param {ReturnType<import('./progress.mjs').progress>} step
 * @throws {StepFailed}
 */
export async function bringUpToDate(step) {
  if (isUpToDate()) return;
  const lock = await lockFile(join(STATE_DIRECTORY, 'build.lock'), {
    onWait: () => process.stderr.write('another build of this checkout is running: waiting for it\n'),
  });
  try {
    if (isUpToDate()) return;
    const inputs = inputsHash();
    if (!dependenciesInstalled()) await step('dependencies installed', installDependencies);
    const protocols = contentsHash(['proto', 'libs/contracts/scripts']);
    if (readStamp().protocols !== protocols || !GENERATED.every(exists)) {
      await step('code generated from proto/', () => node('libs/contracts/scripts/generate.mjs'));
      writeStamp({ ...readStamp(), protocols });
    }
    await step('compiled (tsc -b)', () => node('node_modules/typescript/bin/tsc', '-b'));
    const workflows = contentsHash(['libs/workflows', 'libs/contracts/src', 'libs/domain/src', 'proto']);
    if (readStamp().workflows !== workflows || !exists(BUNDLE)) {
      await step('workflows bundled', () => node('libs/workflows/scripts/bundle.mjs'));
    }
    // What was read at the start: a file that changed meanwhile is built by the next call.
    writeStamp({ inputs, protocols, workflows });
  } finally {
    await lock.release();
  }
}

function isUpToDate() {
  return readStamp().inputs === inputsHash() && [BUNDLE, ...GENERATED, ...compilerStamps()].every(exists);
}

/** One file per project that the compiler writes last. */
function compilerStamps() {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  return references.map(({ path }) => `${path}/dist/.tsbuildinfo`);
}

function exists(file) {
  return existsSync(join(root, file));
}

async function node(...args) {
  const { NODE_OPTIONS: _ours, ...env } = process.env;
  const { code, output } = await run(process.execPath, args, { env });
  if (code !== 0) throw new StepFailed(`${output.trimEnd()}\n\nnode ${args.join(' ')} failed.`);
}

function readStamp() {
  return existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')) : {};
}

function writeStamp(stamp) {
  mkdirSync(STATE_DIRECTORY, { recursive: true });
  writeFileSync(`${STAMP}.new`, `${JSON.stringify(stamp, undefined, 2)}\n`);
  renameSync(`${STAMP}.new`, STAMP);
}
