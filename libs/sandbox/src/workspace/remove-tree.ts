import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MNT_DETACH, unmountFileSystem } from '../native/libc.js';
import { mountsBelow } from './mount-table.js';

const run = promisify(execFile);

/**
 * Removes a directory and everything below it, also where something is still mounted there. By `rm`: an agent can nest
 * directories deeper than any absolute path reaches and fill one with more names than this process wants to hold, and
 * neither may keep the few threads that do all file work here.
 */
export async function removeTree(path: string): Promise<void> {
  // Detached: a leftover process may stand in it.
  for (const mount of await mountsBelow(path)) await unmountFileSystem(mount, MNT_DETACH);
  try {
    await run('/bin/rm', ['-rf', '--', path]);
  } catch {
    // An ordinary user is kept out by modes: an agent's, or those of an overlay's own work directory.
    await run('/bin/chmod', ['-R', 'u+rwx', '--', path]);
    await run('/bin/rm', ['-rf', '--', path]);
  }
}
