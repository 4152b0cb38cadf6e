import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { BoxPaths } from '../workspace/box-paths.js';
import type { BoxDisk, DiskLimits, DiskUsage } from './box-disk.js';

const TIMEOUT_MS = 60_000;

/** Directories of the host: nothing holds a box to its limits but whoever looks now and then, which is why it says so. */
export class DirectoryDisk implements BoxDisk {
  constructor(readonly reason: string) {}

  async open(paths: BoxPaths): Promise<void> {
    await mkdir(paths.disk, { recursive: true, mode: 0o755 });
  }

  openAbove(_paths: BoxPaths, ended: BoxPaths): Promise<string> {
    return Promise.resolve(ended.disk);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** By `du`: an agent may nest directories deeper than any absolute path reaches. */
  async usage(paths: BoxPaths, limits: DiskLimits): Promise<DiskUsage | undefined> {
    if (limits.diskBytes === undefined || limits.diskInodes === undefined) return undefined;
    const [bytes, inodes] = await Promise.all([total(paths, '--block-size=1'), total(paths, '--inodes')]);
    return { bytes, inodes, full: bytes > limits.diskBytes || inodes > limits.diskInodes, enforced: false };
  }

  isWhole(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

/** `merged` is empty or a mount of what is counted already, unless it is a copy of the base: then that is the box's own. */
async function total(paths: BoxPaths, unit: string): Promise<number> {
  const isMount = statSync(paths.merged).dev !== statSync(paths.root).dev;
  const places = isMount ? [paths.disk] : [paths.disk, paths.merged];
  // What vanishes while it counts makes its exit code 1, and is no error of the count.
  const { stdout } = await runProcess('/usr/bin/du', ['-s', '-c', '-x', unit, '--', ...places]);
  return Number(/^(\d+)\ttotal$/m.exec(stdout)?.[1] ?? 0);
}

function runProcess(program: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: TIMEOUT_MS }, (_error, stdout) => {
      resolve({ stdout });
    });
  });
}
