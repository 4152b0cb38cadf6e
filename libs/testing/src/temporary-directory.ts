import { afterAll } from '@jest/globals';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runDirectory } from './run/run-directory.js';

/**
 * A directory of the calling test file that other uids can reach; removed after its tests. A directory that cannot be
 * removed (something is still mounted or running there) fails the file.
 */
export async function temporaryDirectory(prefix = 'test'): Promise<string> {
  const directory = await mkdtemp(join(runDirectory(), `${prefix}-`));
  await chmod(directory, 0o755);
  return directory;
}

/**
 * Registers the removal of directories that `temporaryDirectory` makes. Call it at the top of a file: within a `describe` they
 * would go before what an `afterAll` of it stops.
 */
export function useTemporaryDirectories(): (prefix?: string) => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    await Promise.all(made.splice(0).map((directory) => rm(directory, { recursive: true, force: true })));
  });
  return async (prefix) => {
    const directory = await temporaryDirectory(prefix);
    made.push(directory);
    return directory;
  };
}
