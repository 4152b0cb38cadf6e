import type { Socket } from 'node:net';

/** The open connections of one sandbox: counted, and closed together. Listens to the errors of each. */
export class ConnectionSet {
  private readonly open = new Set<Socket>();

  /** `onRefused` is called for each connection beyond `max`. */
  constructor(
    private readonly max: number,
    private readonly onRefused: () => void,
  ) {}

  /** False, and the connection is closed, if there are too many. */
  add(socket: Socket): boolean {
    // Whatever a client does to its connection is no error of this process; who uses the connection sees it close.
    socket.on('error', () => undefined);
    if (this.open.size >= this.max) {
      socket.resetAndDestroy();
      this.onRefused();
      return false;
    }
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    return true;
  }

  destroyAll(): void {
    for (const socket of this.open) socket.destroy();
  }
}
