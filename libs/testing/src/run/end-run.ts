import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { allPids, endProcess, identify, runCommand, type ProcessIdentity } from '@heddle/local/servers';
import { linkInProc, readProc } from './proc.js';
import { readRecord } from './run-directory.js';

const ASKED = { signal: 'SIGTERM', deadlineMs: 10_000 } as const;
const AT_ONCE = { signal: 'SIGKILL', deadlineMs: 5_000 } as const;

/** Stops the servers that the files of a run shared, and removes the run's directory. */
export async function endRun(directory: string): Promise<void> {
  const records = readdirSync(directory).filter((name) => name.endsWith('.server.json'));
  await Promise.all(records.map((name) => endProcess(readRecord(join(directory, name)), ASKED)));
  await rm(directory, { recursive: true, force: true });
}

/**
 * Ends a run that was killed. Its tests could not tidy up: services, agents in their sandboxes and mounts may be there
 * still, and a directory below a mount cannot be removed.
 */
export async function endKilledRun(directory: string): Promise<void> {
  await Promise.all(processesOf(directory).map((identity) => endProcess(identity, AT_ONCE)));
  for (const target of await mountsIn(directory)) await runCommand('umount', ['--lazy', target]);
  await rm(directory, { recursive: true, force: true });
}

/** Those that work in the directory, were told of it by their environment, or see a part of it in a sandbox. */
function processesOf(directory: string): ProcessIdentity[] {
  // Unreadable for some: they are in no sandbox of ours.
  const hostMounts = new Set([namespaceOf('self'), '']);
  return allPids().flatMap((pid) => {
    if (pid === process.pid) return [];
    const mentions =
      linkInProc(`${pid}/cwd`).startsWith(directory) ||
      readProc(`${pid}/environ`).includes(`${directory}/`) ||
      (!hostMounts.has(namespaceOf(pid)) && readProc(`${pid}/mountinfo`).includes(`${directory}/`));
    const identity = mentions ? identify(pid) : undefined;
    return identity === undefined ? [] : [identity];
  });
}

/** Deepest first. */
async function mountsIn(directory: string): Promise<string[]> {
  const { stdout } = await runCommand('findmnt', ['--list', '--noheadings', '--output', 'TARGET']);
  const targets = stdout.split('\n').filter((target) => target.startsWith(`${directory}/`));
  return targets.sort((a, b) => b.length - a.length);
}

function namespaceOf(pid: number | 'self'): string {
  return linkInProc(`${pid}/ns/mnt`);
}
