import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ServerUser } from './server-user.js';
import { SetupError } from './setup.error.js';

/** Per user, not per checkout: fetched and built servers survive clones. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  if (env['HEDDLE_CACHE_DIR']) return resolve(env['HEDDLE_CACHE_DIR']);
  if (isRoot()) return '/var/cache/heddle';
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'heddle');
}

export function defaultDataDirectory(env: NodeJS.ProcessEnv): string {
  if (env['HEDDLE_DATA_DIR']) return resolve(env['HEDDLE_DATA_DIR']);
  if (isRoot()) return '/var/lib/heddle';
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'heddle');
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Makes the directory, and when this is root, checks that unprivileged users can get to it: initdb and bubblewrap
 * fail below a directory that is closed to them with messages that do not name it.
 * @throws {SetupError} DIRECTORY_UNREACHABLE, naming the directory in the way
 */
export async function makeReachable(directory: string, user: ServerUser | undefined, setting: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (cause) {
    throw new SetupError(
      'DIRECTORY_UNREACHABLE',
      `${directory} cannot be made: ${(cause as Error).message}`,
      [`set ${setting} to a directory that can be made`],
      { cause },
    );
  }
  const closed = user === undefined ? undefined : closedAncestor(directory, user);
  if (closed === undefined) return;
  throw new SetupError(
    'DIRECTORY_UNREACHABLE',
    `${directory} cannot be used: ${closed} is closed to the unprivileged user ${user?.name ?? ''} that the servers run as.`,
    [`set ${setting} to a directory that other users can reach, for example below /var/lib`, `chmod o+x ${closed}`],
  );
}

/** One level after the other: where none can be made, as below /proc, Node's own way of making many at once never ends. */
async function makeDirectory(path: string): Promise<void> {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  if (dirname(path) !== path) await makeDirectory(dirname(path));
  await mkdir(path, { mode: 0o755 }).catch((error: unknown) => {
    // Somebody else made it meanwhile.
    if (!(existsSync(path) && statSync(path).isDirectory())) throw error;
  });
}

/** The uppermost directory on the way to `path` that `user` may not pass through. */
export function closedAncestor(path: string, user: Pick<ServerUser, 'uid' | 'gid'>): string | undefined {
  const way: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    if (existsSync(at)) way.unshift(at);
    if (dirname(at) === at) break;
  }
  return way.find((directory) => {
    const { uid, gid, mode } = statSync(directory);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    return (mode & bit) === 0;
  });
}
