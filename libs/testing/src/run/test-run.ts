import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '@heddle/local/servers';
import { endKilledRun, endRun } from './end-run.js';
import { prepareMachine } from './prepare-machine.js';
import { RUN_DIRECTORY } from './run-directory.js';

const OWNER = 'owner.json';

/** Starts a run: a directory for what its files share. What earlier runs that were killed left is ended and removed. */
export async function beginTestRun(): Promise<void> {
  const home = join(tmpdir(), `heddle-tests-${userInfo().uid}`);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  await removeAbandoned(home);
  const self = identify(process.pid);
  const directory = join(home, `${process.pid}-${self?.startTime ?? '0'}`);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  writeFileSync(join(directory, OWNER), JSON.stringify(self));
  process.env[RUN_DIRECTORY] = directory;
  await prepareMachine();
}

export async function endTestRun(): Promise<void> {
  const directory = process.env[RUN_DIRECTORY];
  if (directory) await endRun(directory);
}

async function removeAbandoned(home: string): Promise<void> {
  for (const name of readdirSync(home)) {
    const owner = join(home, name, OWNER);
    const alive = existsSync(owner) && isAlive(JSON.parse(readFileSync(owner, 'utf8')) as ProcessIdentity);
    if (!alive) await endKilledRun(join(home, name));
  }
}
