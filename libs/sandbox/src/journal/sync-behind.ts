import { open } from 'node:fs/promises';

/** Brings a written file to the disk while nobody waits: it matters after a loss of power, and not from this moment on. */
export async function syncBehind(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    await file.datasync().finally(() => file.close());
  } catch {
    // It is gone already, or the disk fails, and says so to the next one who has to wait for it.
  }
}
