import { constants } from 'node:fs';
import { open, readlink, type FileHandle } from 'node:fs/promises';
import { errnoOf, SandboxError } from '../sandbox-error.js';

/** Names an inode without opening it: no FIFO waits and no device notices. Node has no word for it. */
const O_PATH = 0o10000000;

/**
 * Holds a regular file of a box that may go on meanwhile. `through` leads to that very file, whatever its name becomes.
 * @param source absolute, without symlinks above the box's own directories
 * @throws SandboxError SANDBOX_NOT_FROZEN where it is not what was listed: moved, replaced, reached by a symlink, resized
 */
export async function openUnmoved(
  source: Buffer,
  bytes: number,
): Promise<{ readonly through: string; readonly handle: FileHandle }> {
  const handle = await openPath(source);
  try {
    const through = `/proc/self/fd/${String(handle.fd)}`;
    const stats = await handle.stat();
    const target = await readlink(through, { encoding: 'buffer' });
    if (!stats.isFile() || stats.size !== bytes || !target.equals(source)) throw moved();
    return { through, handle };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openPath(source: Buffer): Promise<FileHandle> {
  try {
    return await open(source, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) throw moved(error);
    throw error;
  }
}

function moved(cause?: unknown): SandboxError {
  return new SandboxError('SANDBOX_NOT_FROZEN', 'the box went on while its files were read', { cause });
}
