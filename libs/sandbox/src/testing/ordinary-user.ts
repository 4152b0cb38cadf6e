import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const ORDINARY_USER = 54_321;

type Output = ChildProcess & { readonly stdin: NodeJS.WritableStream; readonly stdout: NodeJS.ReadableStream };

/** For tests by root: a command of somebody who has no right on this host and no entry in its files. */
export function asOrdinaryUser(...command: string[]): Output {
  const drop = ['--reuid', String(ORDINARY_USER), '--regid', String(ORDINARY_USER), '--clear-groups'];
  return spawn('setpriv', [...drop, ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/**
 * What newuidmap does for a user who has a range: here root writes the map, so that the host's files stay as they are.
 * @param groups control groups that it is put into
 * @returns all that the command, as root of its user namespace, printed
 */
export async function withSubordinateIds(
  count: number,
  command: readonly string[],
  groups: readonly string[] = [],
): Promise<string> {
  const wait = ['/bin/sh', '-c', 'echo; read _; exec "$@"', 'sh'];
  const child = asOrdinaryUser('unshare', '--user', '--mount', ...wait, ...command);
  await once(child.stdout, 'readable');
  for (const map of ['uid_map', 'gid_map']) {
    const ranges = [`0 ${String(ORDINARY_USER)} 1`, ...(count === 0 ? [] : [`1 3000000 ${String(count)}`])];
    await writeFile(`/proc/${String(child.pid)}/${map}`, `${ranges.join('\n')}\n`);
  }
  for (const group of groups) await writeFile(join(group, 'cgroup.procs'), String(child.pid));
  child.stdin.end('\n');
  return text(child.stdout);
}
