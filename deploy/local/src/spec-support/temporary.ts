import { afterAll } from '@jest/globals';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Directories of a test file, which the servers' user can reach; removed after its tests. */
export function useTemporaryDirectories(): () => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    await Promise.all(made.map((directory) => rm(directory, { recursive: true, force: true })));
  });
  return async () => {
    const directory = await mkdtemp(join(tmpdir(), 'heddle-local-'));
    await chmod(directory, 0o755);
    made.push(directory);
    return directory;
  };
}
