import koffi, { type KoffiFunc } from 'koffi';
import { systemError } from './system-error.js';

/** The system calls for network namespaces and for sockets in them, which Node lacks. All act on the calling thread. */

const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
/** sizeof(struct ifreq): a name of 16 bytes, then a union whose first two bytes are the flags. */
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = 16;
const SOCKADDR_IN_BYTES = 16;

interface NetworkCalls {
  readonly unshare: KoffiFunc<(flags: number) => number>;
  readonly setns: KoffiFunc<(fd: number, type: number) => number>;
  readonly socket: KoffiFunc<(domain: number, type: number, protocol: number) => number>;
  readonly bind: KoffiFunc<(fd: number, address: Buffer, length: number) => number>;
  readonly listen: KoffiFunc<(fd: number, backlog: number) => number>;
  readonly setsockopt: KoffiFunc<(fd: number, level: number, name: number, value: Buffer, length: number) => number>;
  readonly ioctl: KoffiFunc<(fd: number, request: number, argument: Buffer) => number>;
}

let loaded: NetworkCalls | undefined;

function calls(): NetworkCalls {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      unshare: library.func('int unshare(int)') as NetworkCalls['unshare'],
      setns: library.func('int setns(int, int)') as NetworkCalls['setns'],
      socket: library.func('int socket(int, int, int)') as NetworkCalls['socket'],
      bind: library.func('int bind(int, const void*, unsigned int)') as NetworkCalls['bind'],
      listen: library.func('int listen(int, int)') as NetworkCalls['listen'],
      setsockopt: library.func(
        'int setsockopt(int, int, int, const void*, unsigned int)',
      ) as NetworkCalls['setsockopt'],
      ioctl: library.func('int ioctl(int, unsigned long, void*)') as NetworkCalls['ioctl'],
    };
  }
  return loaded;
}

/** From now on this thread is in a new, empty network namespace. */
export function enterNewNetwork(): void {
  if (calls().unshare(CLONE_NEWNET) !== 0) throw systemError('unshare', 'CLONE_NEWNET');
}

/** From now on this thread is in the network namespace that is open as `fd`. */
export function enterNetwork(fd: number): void {
  if (calls().setns(fd, CLONE_NEWNET) !== 0) throw systemError('setns', String(fd));
}

/** A socket of this thread's network namespace; the caller closes it. */
export function openSocket(kind: 'stream' | 'datagram'): number {
  const type = (kind === 'stream' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = calls().socket(AF_INET, type, 0);
  if (fd < 0) throw systemError('socket', kind);
  return fd;
}

/** @param address an IPv4 address in dotted form */
export function bindSocket(fd: number, address: string, port: number): void {
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || octets.some((octet) => !Number.isInteger(octet) || octet < 0 || octet > 255))
    throw new RangeError(`not an IPv4 address: ${address}`);
  const structure = Buffer.alloc(SOCKADDR_IN_BYTES);
  structure.writeUInt16LE(AF_INET, 0);
  structure.writeUInt16BE(port, 2);
  structure.set(octets, 4);
  const yes = Buffer.alloc(4);
  yes.writeInt32LE(1);
  if (calls().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, yes, yes.length) !== 0)
    throw systemError('setsockopt', 'SO_REUSEADDR');
  if (calls().bind(fd, structure, structure.length) !== 0) throw systemError('bind', `${address}:${String(port)}`);
}

export function listenOn(fd: number, backlog: number): void {
  if (calls().listen(fd, backlog) !== 0) throw systemError('listen', String(fd));
}

/** Brings an interface of the socket's namespace up; loopback then has its addresses. */
export function bringUp(socket: number, name: string): void {
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 'latin1');
  if (calls().ioctl(socket, SIOCGIFFLAGS, request) !== 0) throw systemError('ioctl', name);
  request.writeUInt16LE(request.readUInt16LE(IFREQ_FLAGS) | IFF_UP, IFREQ_FLAGS);
  if (calls().ioctl(socket, SIOCSIFFLAGS, request) !== 0) throw systemError('ioctl', name);
}
