import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile } from '../../bootstrap/file-lock.mjs';
import type { Say } from './progress.js';

/**
 * Fetched and built servers, one directory per name and version. A directory appears by one rename when it is
 * complete, and only one process at a time makes it, so that concurrent starts neither corrupt nor repeat.
 */
export class ToolCache {
  private readonly root: string;

  constructor(
    cacheDirectory: string,
    private readonly say: Say,
  ) {
    this.root = join(cacheDirectory, 'servers');
  }

  /** The file `member` of the entry, or undefined while it is not there. */
  find(entry: string, member: string): string | undefined {
    const path = join(this.root, entry, member);
    return existsSync(path) ? path : undefined;
  }

  /** The file `member` of the entry; if it is not there, `make` fills a new directory with it. */
  async obtain(entry: string, member: string, make: (directory: string) => Promise<void>): Promise<string> {
    const present = this.find(entry, member);
    if (present !== undefined) return present;
    await mkdir(this.root, { recursive: true, mode: 0o755 });
    const lock = await lockFile(join(this.root, `${entry}.lock`), {
      onWait: () => {
        this.say(`${entry} is being fetched by another process: waiting for it`);
      },
    });
    try {
      const madeMeanwhile = this.find(entry, member);
      if (madeMeanwhile !== undefined) return madeMeanwhile;
      await this.removeHalves(entry);
      return await this.fill(entry, member, make);
    } finally {
      await lock?.release();
    }
  }

  /** What one that was killed in the middle left; whoever holds the lock is the only one at it. */
  private async removeHalves(entry: string): Promise<void> {
    const halves = (await readdir(this.root)).filter((name) => name.startsWith(`.${entry}-`));
    await Promise.all(halves.map((name) => rm(join(this.root, name), { recursive: true, force: true })));
  }

  private async fill(entry: string, member: string, make: (directory: string) => Promise<void>): Promise<string> {
    const directory = await mkdtemp(join(this.root, `.${entry}-`));
    try {
      await make(directory);
      // mkdtemp makes it private, and a strict umask would keep the servers' user out.
      await chmod(directory, 0o755);
      await chmod(join(directory, member), 0o755);
      await rm(join(this.root, entry), { recursive: true, force: true });
      await rename(directory, join(this.root, entry));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    return join(this.root, entry, member);
  }
}
