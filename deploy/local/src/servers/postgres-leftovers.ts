import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, processesIn, type ProcessIdentity } from '../processes/process-identity.js';

/**
 * A postmaster that was killed leaves its lock file, and for a moment its backends, which hold the shared memory that
 * a new postmaster refuses to share. Whoever calls this owns the data directory's lock, so nobody else's server is met.
 */
export async function clearPostgresLeftovers(directory: string): Promise<void> {
  const lockFile = join(directory, 'postmaster.pid');
  if (!existsSync(lockFile)) return;
  const inDirectory = processesIn(directory);
  const postmaster = Number.parseInt(readFileSync(lockFile, 'utf8'), 10);
  const owner = inDirectory.find(({ pid }) => pid === postmaster);
  if (owner) await endProcess(owner, { signal: 'SIGINT', deadlineMs: 10_000 });
  // Without a postmaster there is nothing to save in a backend: recovery replays the log.
  await Promise.all(
    processesIn(directory).map((backend: ProcessIdentity) =>
      endProcess(backend, { signal: 'SIGKILL', deadlineMs: 10_000 }),
    ),
  );
  // Postgres would trust the number in the file even if another program has that pid by now.
  await rm(lockFile, { force: true });
}
