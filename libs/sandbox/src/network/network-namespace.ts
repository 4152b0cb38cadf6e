import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { bringUp, enterNetwork, enterNewNetwork, openSocket } from '../native/network.js';
import { SandboxError } from '../sandbox-error.js';

/** Follows the thread: `/proc/self` is the main thread's even where another one asks. */
const OWN_NETWORK = '/proc/thread-self/ns/net';

/**
 * A network namespace with nothing in it but loopback. It belongs to the host's user namespace: whoever is root inside a
 * user namespace of its own has no right in it. The kernel removes it with its last process, socket and descriptor.
 */
export class NetworkNamespace {
  private constructor(private open: number | undefined) {}

  /** Needs CAP_SYS_ADMIN. */
  static create(): NetworkNamespace {
    const descriptor = elsewhere(enterNewNetwork, () => {
      const socket = openSocket('datagram');
      try {
        bringUp(socket, 'lo');
      } finally {
        closeSync(socket);
      }
      return openSync(OWN_NETWORK, constants.O_RDONLY);
    });
    return new NetworkNamespace(descriptor);
  }

  /** That of a living process; ENOENT if it is gone. The caller makes sure that the number still means that process. */
  static ofProcess(pid: number): NetworkNamespace {
    return new NetworkNamespace(openSync(`/proc/${String(pid)}/ns/net`, constants.O_RDONLY));
  }

  /** For handing it to a child. */
  get descriptor(): number {
    if (this.open === undefined) throw new SandboxError('SANDBOX_UNAVAILABLE', 'the network namespace is closed');
    return this.open;
  }

  /** True where the calling thread is in it. */
  isOwn(): boolean {
    const own = openSync(OWN_NETWORK, constants.O_RDONLY);
    try {
      return fstatSync(own).ino === fstatSync(this.descriptor).ino;
    } finally {
      closeSync(own);
    }
  }

  /** What `work` opens belongs to this namespace. It must not wait for anything: the whole process would be in here. */
  run<T>(work: () => Exclude<T, PromiseLike<unknown>>): T {
    return elsewhere(() => {
      enterNetwork(this.descriptor);
    }, work);
  }

  /** Processes and sockets in it keep it. */
  close(): void {
    if (this.open !== undefined) closeSync(this.open);
    this.open = undefined;
  }
}

/**
 * Runs `work` with this thread in another network namespace, and comes back whatever happens. Only on the main thread:
 * the others belong to libuv and to nobody's `finally`. A process that can't come back must not go on: its next
 * connection would leave from within a sandbox.
 */
function elsewhere<T>(enter: () => void, work: () => T): T {
  if (!isMainThread) throw new SandboxError('SANDBOX_UNAVAILABLE', 'only the main thread may change its network');
  const home = openSync(OWN_NETWORK, constants.O_RDONLY);
  try {
    enter();
    try {
      return work();
    } finally {
      goBack(home);
    }
  } finally {
    closeSync(home);
  }
}

function goBack(home: number): void {
  try {
    enterNetwork(home);
  } catch {
    process.abort();
  }
}
