import { access, rm, writeFile } from 'node:fs/promises';
import { errnoOf } from '@heddle/sandbox';

/** Whether an operator wants this runner to take nothing new: on disk, since the scheduler may be away when it starts. */
export class DrainOrder {
  constructor(private readonly path: string) {}

  async read(): Promise<boolean> {
    try {
      await access(this.path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async write(drain: boolean): Promise<void> {
    if (drain) await writeFile(this.path, '', { mode: 0o644 });
    else await rm(this.path, { force: true });
  }
}
