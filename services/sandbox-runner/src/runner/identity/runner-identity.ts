import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, identifyProcess, isAlive, type ProcessIdentity } from '@heddle/sandbox';

/**
 * Who this runner is: an id that lives in its directory, so that a restarted runner is the same runner, under a lock that
 * a second process on the same directory can't take.
 */
export class RunnerIdentity {
  private constructor(
    readonly runnerId: string,
    private readonly lockPath: string,
  ) {}

  /** @throws if another process, which is named, holds the directory */
  static async take(directory: string): Promise<RunnerIdentity> {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const lockPath = join(directory, 'runner.lock');
    await takeLock(lockPath);
    return new RunnerIdentity(await readOrMakeId(join(directory, 'runner-id')), lockPath);
  }

  async release(): Promise<void> {
    await rm(this.lockPath, { force: true });
  }
}

async function takeLock(path: string): Promise<void> {
  const own = await identifyProcess(process.pid);
  const draft = `${path}.${String(process.pid)}`;
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(JSON.stringify(own));
      await file.close();
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder !== undefined && holder.pid !== process.pid && (await isAlive(holder))) {
      throw new Error(`another runner (pid ${String(holder.pid)}) uses this data directory`);
    }
    // Renamed away first: of two processes that find a dead holder, only one moves this very file.
    await rename(path, draft).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
    await rm(draft, { force: true });
  }
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    // Half-written by a process that died there.
    return undefined;
  }
}

async function readOrMakeId(path: string): Promise<string> {
  try {
    const id = (await readFile(path, 'utf8')).trim();
    if (id !== '') return id;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const id = randomUUID();
  await writeFile(`${path}.new`, `${id}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
  return id;
}
