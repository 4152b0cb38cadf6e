import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { realpath } from 'node:fs/promises';
import { lockFile } from '../../bootstrap/file-lock.mjs';
import { makeReachable } from '../servers/directories.js';
import type { ServerUser } from '../servers/server-user.js';
import { SetupError } from '../servers/setup.error.js';
import { writeAtomically } from './atomic-file.js';

export interface OwnedDataDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Lets another launcher have it. */
  release(): Promise<void>;
}

/**
 * Makes the data directory and takes it for this launcher alone.
 * @throws {SetupError} DATA_DIRECTORY_IN_USE with the pid of the launcher that has it; DIRECTORY_UNREACHABLE
 */
export async function ownDataDirectory(directory: string, user: ServerUser | undefined): Promise<OwnedDataDirectory> {
  await makeReachable(resolve(directory), user, 'HEDDLE_DATA_DIR');
  const path = await realpath(directory);
  const holder = join(path, 'launcher.pid');
  const lock = await lockFile(join(path, 'launcher.lock'), { wait: false });
  if (!lock) {
    const pid = existsSync(holder) ? readFileSync(holder, 'utf8').trim() : 'unknown';
    throw new SetupError(
      'DATA_DIRECTORY_IN_USE',
      `The data directory ${path} is in use by a running Heddle, pid ${pid}.`,
      [`stop it: kill ${pid}`, 'use another data directory: HEDDLE_DATA_DIR'],
    );
  }
  writeAtomically(holder, `${process.pid}\n`, 0o644);
  return { path, release: () => lock.release() };
}
