import { readFileSync } from 'node:fs';
import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../processes/run-command.js';
import { isRoot } from './directories.js';
import type { Say } from './progress.js';
import { SetupError } from './setup.error.js';

/** The identity that servers run as when this process is root. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const DEDICATED = 'heddle';

/**
 * Postgres refuses to run as root, and the other servers have no need to: they run as Debian's `postgres` user, else
 * as a system user `heddle`, which is made.
 * @returns undefined when this process is unprivileged itself
 * @throws {SetupError} NO_UNPRIVILEGED_USER
 */
export async function serverUser(say: Say): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  const known = lookUp('postgres') ?? lookUp(DEDICATED);
  if (known) return known;
  say(`making the system user ${DEDICATED}, because servers never run as root`);
  const made = await runCommand('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    DEDICATED,
  ]);
  const user = lookUp(DEDICATED);
  if (made.code === 0 && user) return user;
  throw new SetupError(
    'NO_UNPRIVILEGED_USER',
    `The servers need an unprivileged user, and making one failed: ${made.stderr.trim()}`,
    [`make a system user named ${DEDICATED}`, 'run Heddle as an unprivileged user'],
  );
}

function lookUp(name: string): ServerUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) return undefined;
  const [, , uid, gid] = line.split(':');
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** Hands a directory and all in it to the servers' user; nothing to do when there is none. */
export async function giveTo(user: ServerUser | undefined, path: string): Promise<void> {
  if (user === undefined) return;
  await chown(path, user.uid, user.gid);
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), user.uid, user.gid);
  }
}
