import { closeSync, readdirSync, writeSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';
import { systemError } from './system-error.js';

/** The system calls that Node lacks and that would otherwise cost a process each. Constants are those of Linux, for x86-64 and arm64. */

export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MNT_DETACH = 2;
const S_IFCHR = 0o020000;
const S_IFIFO = 0o010000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const EBADF = 9;
const O_CLOEXEC = 0o2000000;
const MFD_CLOEXEC = 1;
const MFD_NOEXEC_SEAL = 8;
const EINVAL = 22;
const ENODATA = 61;
const ENOTSUP = 95;
const ERANGE = 34;

type Mount = (source: Buffer, target: Buffer, type: Buffer, flags: number, data: Buffer | null) => number;
type Umount = (target: Buffer, flags: number) => number;
type GetXattr = (path: Buffer, name: Buffer, value: Buffer, size: number) => number;
type RemoveXattr = (path: Buffer, name: Buffer) => number;
type Control = (fd: number, command: number, argument: number) => number;
type MakeNode = (path: Buffer, mode: number, device: number) => number;
type Pipe = (fds: Buffer, flags: number) => number;
type MemoryFile = (name: Buffer, flags: number) => number;
type Call = (number: number, ...values: readonly (bigint | Buffer)[]) => number;

interface Libc {
  readonly mount: KoffiFunc<Mount>;
  readonly umount2: KoffiFunc<Umount>;
  readonly lgetxattr: KoffiFunc<GetXattr>;
  readonly lremovexattr: KoffiFunc<RemoveXattr>;
  readonly fcntl: KoffiFunc<Control>;
  readonly mknod: KoffiFunc<MakeNode>;
  readonly pipe2: KoffiFunc<Pipe>;
  readonly memfdCreate: KoffiFunc<MemoryFile>;
  readonly syscall: KoffiFunc<Call>;
}

let loaded: Libc | undefined;

function libc(): Libc {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      mount: library.func(
        'int mount(const void*, const void*, const void*, unsigned long, const void*)',
      ) as Libc['mount'],
      umount2: library.func('int umount2(const void*, int)') as Libc['umount2'],
      lgetxattr: library.func('long lgetxattr(const void*, const void*, void*, unsigned long)') as Libc['lgetxattr'],
      lremovexattr: library.func('int lremovexattr(const void*, const void*)') as Libc['lremovexattr'],
      fcntl: library.func('int fcntl(int, int, int)') as Libc['fcntl'],
      mknod: library.func('int mknod(const void*, unsigned int, unsigned long)') as Libc['mknod'],
      pipe2: library.func('int pipe2(void*, int)') as Libc['pipe2'],
      memfdCreate: library.func('int memfd_create(const void*, unsigned int)') as Libc['memfdCreate'],
      syscall: library.func(
        'long syscall(long, const void*, const void*, const void*, const void*, const void*)',
      ) as Libc['syscall'],
    };
  }
  return loaded;
}

function cString(text: string | Buffer): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  if (bytes.includes(0)) throw new RangeError('a path for the kernel must not hold a NUL byte');
  return Buffer.concat([bytes, Buffer.of(0)]);
}

export function mountFileSystem(type: string, source: string, target: string, flags: number, data: string): void {
  if (libc().mount(cString(source), cString(target), cString(type), flags, cString(data)) !== 0) {
    throw systemError('mount', target);
  }
}

/** A mount that nothing waits for: it is out of sight at once, and goes when nobody uses it. */
export function detachMount(target: string): void {
  if (libc().umount2(cString(target), MNT_DETACH) !== 0) throw systemError('umount2', target);
}

/**
 * A call by its number, for what the C library may be too old to know. Strings and buffers are given by address.
 * @returns the call's result; its errors are thrown
 */
export function systemCall(name: string, number: number, values: readonly (number | string | Buffer)[]): number {
  const registers = Array.from({ length: 5 }, (_, index) => {
    const value = values[index] ?? 0;
    if (typeof value === 'number') return BigInt.asUintN(64, BigInt(value));
    return typeof value === 'string' ? cString(value) : value;
  });
  const result = libc().syscall(number, ...registers);
  if (result < 0)
    throw systemError(name, values.find((value) => typeof value === 'string' && value !== '')?.toString() ?? '');
  return result;
}

/** In a thread of its own: unmounting an overlay may first write a full upper to disk. */
export async function unmountFileSystem(target: string, flags = 0): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    libc().umount2.async(cString(target), flags, (error: unknown, result: number) => {
      if (error !== null && error !== undefined)
        reject(error instanceof Error ? error : new Error(`umount2 ${target} could not be called`));
      else if (result !== 0) reject(systemError('umount2', target));
      else resolve();
    });
  });
}

/** The attribute's bytes; undefined if the entry has none. Never follows a symlink. */
export function readXattr(path: Buffer, name: string): Buffer | undefined {
  for (let size = 256; ; size *= 16) {
    const value = Buffer.alloc(size);
    const length = libc().lgetxattr(cString(path), cString(name), value, size);
    if (length >= 0) return value.subarray(0, length);
    const errno = koffi.errno();
    if (errno === ENODATA || errno === ENOTSUP) return undefined;
    if (errno !== ERANGE || size > 65536) throw systemError('lgetxattr', path.toString());
  }
}

/** True where the entry had the attribute. Never follows a symlink. */
export function removeXattr(path: Buffer, name: string): boolean {
  if (libc().lremovexattr(cString(path), cString(name)) === 0) return true;
  const errno = koffi.errno();
  if (errno === ENODATA || errno === ENOTSUP) return false;
  throw systemError('lremovexattr', path.toString());
}

/** An overlay's mark for "not here": the character device 0:0, which needs no privilege. */
export function makeWhiteout(path: Buffer): void {
  if (libc().mknod(cString(path), S_IFCHR, 0) !== 0) throw systemError('mknod', path.toString());
}

/** A named pipe that only its owner may open. */
export function makeFifo(path: string): void {
  if (libc().mknod(cString(path), S_IFIFO | 0o600, 0) !== 0) throw systemError('mknod', path);
}

/**
 * Descriptors that this process inherited from whoever started it (log pipes, sockets) must not reach a sandbox.
 * Those that Node opens close on exec anyway.
 */
export function closeInheritedOnExec(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    // The directory's own descriptor is listed too and closed by now.
    if (fd > 2 && libc().fcntl(fd, F_SETFD, FD_CLOEXEC) !== 0 && koffi.errno() !== EBADF)
      throw systemError('fcntl', name);
  }
}

/** A pipe in which both ends close on exec: only what is handed over as stdio reaches a child. */
export function makePipe(): { readonly read: number; readonly write: number } {
  const ends = Buffer.alloc(8);
  if (libc().pipe2(ends, O_CLOEXEC) !== 0) throw systemError('pipe2', '');
  return { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
}

/** An open file that is in no directory and on no disk, to be read from its start; it goes with its last descriptor. */
export function makeMemoryFile(content: Buffer): number {
  // Hosts may demand that such files can't be executed (vm.memfd_noexec); kernels before 6.3 do not know the word.
  let fd = libc().memfdCreate(cString('heddle'), MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (fd < 0 && koffi.errno() === EINVAL) fd = libc().memfdCreate(cString('heddle'), MFD_CLOEXEC);
  if (fd < 0) throw systemError('memfd_create', '');
  try {
    // By position: whoever inherits the descriptor reads on from where it stands.
    for (let at = 0; at < content.length;) at += writeSync(fd, content, at, content.length - at, at);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
