import { closeSync, constants, openSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';
import { systemError } from './system-error.js';

/** The calls for terminals, which Node lacks. Constants are those of Linux, for x86-64 and arm64. */

const TIOCSPTLCK = 0x4004_5431;
const TIOCGPTPEER = 0x5441;
const TIOCSWINSZ = 0x5414;
const O_CLOEXEC = 0o2000000;
/** sizeof(struct winsize): rows, columns and two sizes in pixels. */
const WINSIZE_BYTES = 8;

/** In characters. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

interface PtyCalls {
  readonly ioctl: KoffiFunc<(fd: number, request: number, argument: Buffer) => number>;
  readonly ioctlFlags: KoffiFunc<(fd: number, request: number, flags: number) => number>;
}

let loaded: PtyCalls | undefined;

function calls(): PtyCalls {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      ioctl: library.func('int ioctl(int, unsigned long, void*)') as PtyCalls['ioctl'],
      ioctlFlags: library.func('int ioctl(int, unsigned long, long)') as PtyCalls['ioctlFlags'],
    };
  }
  return loaded;
}

/**
 * Both ends of a new terminal, which is nobody's controlling one. `master` does not wait: who reads `slave` may never do
 * so. Neither end has a name that matters: the slave is had from the master, not looked up.
 */
export function openPty(window: WindowSize): { readonly master: number; readonly slave: number } {
  const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  try {
    if (calls().ioctl(master, TIOCSPTLCK, Buffer.alloc(4)) !== 0) throw systemError('ioctl', 'TIOCSPTLCK');
    const slave = calls().ioctlFlags(master, TIOCGPTPEER, constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC);
    if (slave < 0) throw systemError('ioctl', 'TIOCGPTPEER');
    resizePty(master, window);
    return { master, slave };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

/** Tells the programs in the terminal's foreground. */
export function resizePty(master: number, { columns, rows }: WindowSize): void {
  const size = Buffer.alloc(WINSIZE_BYTES);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  if (calls().ioctl(master, TIOCSWINSZ, size) !== 0) throw systemError('ioctl', 'TIOCSWINSZ');
}
