import { closeSync, constants, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { attachLoop, findFreeLoop } from '../native/disk.js';
import { errnoOf } from '../sandbox-error.js';

/** Other processes of the host attach at the same time. */
const MAX_TRIES = 100;

let last: Promise<unknown> = Promise.resolve();

/** One after the other: all of this process's would be given the same free device. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const task = last.then(work, work);
  last = task.catch(() => undefined);
  return task;
}

/**
 * Runs `use` with a device whose content is the file. The device is the host's again when its last user is gone: at the
 * answer, unless something mounted it, or with the death of this process.
 */
export async function withLoopDevice<T>(
  file: number,
  blockSize: number,
  use: (device: string) => Promise<T>,
): Promise<T> {
  const { path, device } = await inTurn(() => attach(file, blockSize));
  try {
    return await use(path);
  } finally {
    closeSync(device);
  }
}

async function attach(file: number, blockSize: number): Promise<{ readonly path: string; readonly device: number }> {
  const control = openSync('/dev/loop-control', constants.O_RDWR);
  try {
    for (let attempt = 1; ; attempt++) {
      const path = `/dev/loop${String(await findFreeLoop(control))}`;
      const device = openSync(path, constants.O_RDWR);
      try {
        await attachLoop(device, file, blockSize);
        return { path, device };
      } catch (error) {
        closeSync(device);
        if (errnoOf(error) !== 'EBUSY' || attempt >= MAX_TRIES) throw error;
      }
    }
  } finally {
    closeSync(control);
  }
}

/** True while a device has the file as its content: the kernel would let a second one have it too, and ruin it. */
export async function isAttached(file: string): Promise<boolean> {
  for (const name of await readdir('/sys/block')) {
    if (!name.startsWith('loop')) continue;
    try {
      if ((await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8')).trim() === file) return true;
    } catch (error) {
      if (!isDetached(error)) throw error;
    }
  }
  return false;
}

/** What the kernel says of a device whose file is being taken out at that moment, or was before. */
export function isDetached(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'ENXIO'].includes(errnoOf(error) ?? '');
}
