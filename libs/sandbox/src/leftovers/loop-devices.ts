import { closeSync, constants, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import koffi, { type KoffiFunc } from 'koffi';
import { isDetached } from '../disk/loop-device.js';

const LOOP_CLR_FD = 0x4c01;
const ENXIO = 6;
const DELETED = ' (deleted)';

export interface LoopDevice {
  /** `loop7`. */
  readonly name: string;
  /** Absolute path of the host, as the kernel has it. */
  readonly backingFile: string;
  /** Nobody can find that file by its name any more. */
  readonly isDeleted: boolean;
  /** The kernel takes the file out as soon as nobody uses the device any more: there is nothing else that anybody could do. */
  readonly goesByItself: boolean;
}

type Ioctl = KoffiFunc<(fd: number, request: number, argument: null) => number>;
let ioctl: Ioctl | undefined;

/** Loop devices whose content is a file below the directory. */
export async function loopsBelow(directory: string): Promise<LoopDevice[]> {
  const devices: LoopDevice[] = [];
  for (const name of await readdir('/sys/block').catch(() => [])) {
    const device = name.startsWith('loop') ? await readLoop(name) : undefined;
    if (device?.backingFile.startsWith(`${directory}/`) === true) devices.push(device);
  }
  return devices;
}

/**
 * Takes the file out of the device; where somebody still uses it, the kernel does so when they leave.
 * @returns false if it holds another file by now, or none: then nothing was touched
 */
export async function releaseLoop({ name, backingFile }: LoopDevice): Promise<boolean> {
  // While it is open nobody can give it another file: what is read now is what is released.
  const fd = openSync(`/dev/${name}`, constants.O_RDONLY);
  try {
    if ((await readLoop(name))?.backingFile !== backingFile) return false;
    ioctl ??= koffi.load(null).func('int ioctl(int, unsigned long, void*)') as Ioctl;
    if (ioctl(fd, LOOP_CLR_FD, null) === 0) return true;
    const errno = koffi.errno();
    if (errno === ENXIO) return false;
    throw new Error(`LOOP_CLR_FD of ${name}: errno ${String(errno)}`);
  } finally {
    closeSync(fd);
  }
}

async function readLoop(name: string): Promise<LoopDevice | undefined> {
  try {
    const path = (await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8')).replace(/\n$/, '');
    const isDeleted = path.endsWith(DELETED);
    const goesByItself = (await readFile(`/sys/block/${name}/loop/autoclear`, 'utf8')).trim() === '1';
    return { name, backingFile: isDeleted ? path.slice(0, -DELETED.length) : path, isDeleted, goesByItself };
  } catch (error) {
    if (isDetached(error)) return undefined;
    throw error;
  }
}
