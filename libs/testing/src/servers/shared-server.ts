import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile, ManagedProcess, type LocalServer } from '@heddle/local/servers';
import { readRecord, recordFile, runDirectory, type SharedServerRecord } from '../run/run-directory.js';

/**
 * The address of a server that all files of a run share: the first file that asks starts it, the run's end stops it.
 * @param make prepares the server in a directory of its own
 */
export async function sharedServer(name: string, make: (directory: string) => Promise<LocalServer>): Promise<string> {
  const directory = runDirectory();
  const file = recordFile(directory, name);
  if (existsSync(file)) return readRecord(file).address;
  const lock = await lockFile(join(directory, `${name}.lock`));
  try {
    if (existsSync(file)) return readRecord(file).address;
    const server = await make(join(directory, name));
    const managed = new ManagedProcess(server.spec, { logDirectory: join(directory, 'logs'), say: () => undefined });
    await managed.start();
    const identity = managed.leave();
    if (!identity) throw new Error(`${name} ended as soon as it had started`);
    const record: SharedServerRecord = { name, address: server.address, ...identity };
    writeFileSync(`${file}.new`, JSON.stringify(record));
    renameSync(`${file}.new`, file);
    return server.address;
  } finally {
    await lock?.release();
  }
}
