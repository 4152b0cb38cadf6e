import koffi, { type KoffiFunc } from 'koffi';
import { systemError } from './system-error.js';

/** The system calls for file systems in a file, which Node lacks. Those that may wait for a device run in a thread. */

const LOOP_CTL_GET_FREE = 0x4c82;
const LOOP_CONFIGURE = 0x4c0a;
const LO_FLAGS_AUTOCLEAR = 4;
/** sizeof(struct loop_config): fd, block size, struct loop_info64 of 232 bytes, and eight reserved words. */
const LOOP_CONFIG_BYTES = 304;
const LOOP_CONFIG_BLOCK_SIZE = 4;
const LOOP_CONFIG_FLAGS = 60;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const ENXIO = 6;

interface DiskCalls {
  readonly ioctl: KoffiFunc<(fd: number, request: number, argument: Buffer | null) => number>;
  readonly lseek: KoffiFunc<(fd: number, offset: number, whence: number) => number | bigint>;
  readonly mount: KoffiFunc<(source: string, target: string, type: string, flags: number, data: string) => number>;
  readonly syncfs: KoffiFunc<(fd: number) => number>;
}

let loaded: DiskCalls | undefined;

function calls(): DiskCalls {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      ioctl: library.func('int ioctl(int, unsigned long, void*)') as DiskCalls['ioctl'],
      lseek: library.func('int64 lseek64(int, int64, int)') as DiskCalls['lseek'],
      mount: library.func(
        'int mount(const char*, const char*, const char*, unsigned long, const char*)',
      ) as DiskCalls['mount'],
      syncfs: library.func('int syncfs(int)') as DiskCalls['syncfs'],
    };
  }
  return loaded;
}

/** In a thread of its own. */
function inThread(call: string, subject: string, start: (done: (error: unknown, result: number) => void) => void) {
  return new Promise<number>((resolve, reject) => {
    start((error, result) => {
      if (error !== null && error !== undefined)
        reject(error instanceof Error ? error : new Error(`${call} ${subject} could not be called`));
      else if (result < 0) reject(systemError(call, subject));
      else resolve(result);
    });
  });
}

/** The number of a loop device that nobody used a moment ago; it is made where there is none. */
export function findFreeLoop(control: number): Promise<number> {
  return inThread('ioctl', '/dev/loop-control', (done) => {
    calls().ioctl.async(control, LOOP_CTL_GET_FREE, null, done);
  });
}

/**
 * Makes the file the device's content until its last user is gone: a mount, or whoever holds `device` open. EBUSY where
 * somebody else took it meanwhile.
 */
export async function attachLoop(device: number, file: number, blockSize: number): Promise<void> {
  const config = Buffer.alloc(LOOP_CONFIG_BYTES);
  config.writeUInt32LE(file, 0);
  config.writeUInt32LE(blockSize, LOOP_CONFIG_BLOCK_SIZE);
  config.writeUInt32LE(LO_FLAGS_AUTOCLEAR, LOOP_CONFIG_FLAGS);
  await inThread('ioctl', 'LOOP_CONFIGURE', (done) => {
    calls().ioctl.async(device, LOOP_CONFIGURE, config, done);
  });
}

export async function mountDevice(
  device: string,
  target: string,
  type: string,
  flags: number,
  options: string,
): Promise<void> {
  await inThread('mount', target, (done) => {
    calls().mount.async(device, target, type, flags, options, done);
  });
}

/** Writes a file system's memory to its device; EIO where something could not be written since it was last asked. */
export async function syncFileSystem(fd: number, path: string): Promise<void> {
  await inThread('syncfs', path, (done) => {
    calls().syncfs.async(fd, done);
  });
}

/** Where a sparse file has content, from its start. */
export function* dataRanges(fd: number): Generator<{ readonly start: number; readonly end: number }> {
  for (let end = 0; ;) {
    const start = Number(calls().lseek(fd, end, SEEK_DATA));
    if (start < 0) {
      if (koffi.errno() === ENXIO) return;
      throw systemError('lseek', 'SEEK_DATA');
    }
    end = Number(calls().lseek(fd, start, SEEK_HOLE));
    if (end < 0) throw systemError('lseek', 'SEEK_HOLE');
    yield { start, end };
  }
}
