import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { ConnectionSet } from '../limits/connection-set.js';
import { listen } from '../sockets/listen.js';
import type { SocketOpener } from '../sockets/socket-opener.js';
import { answerQuery, type Answer } from './answer-query.js';

const LENGTH_PREFIX = 2;
const MAX_QUERY = 4096;
const IDLE_MS = 10_000;

type Find = (name: string) => Promise<Answer>;

/** The sandbox's name server, over UDP and TCP. It forwards nothing. */
export class DnsServer {
  private constructor(
    private readonly udp: UdpSocket,
    private readonly tcp: Server,
  ) {}

  static async open(
    sockets: SocketOpener,
    address: string,
    port: number,
    { find, connections }: { find: Find; connections: ConnectionSet },
  ): Promise<DnsServer> {
    const udp = createSocket('udp4');
    const server = new DnsServer(
      udp,
      createServer((socket) => {
        if (connections.add(socket)) serveStream(socket, find);
      }),
    );
    try {
      udp.on('message', (message, { address: client, port: clientPort }) => {
        void answerQuery(message, find).then((answer) => {
          if (answer !== undefined) sendDatagram(udp, answer, clientPort, client);
        });
      });
      const where = await sockets.bindUdp(address, port);
      await new Promise<void>((resolve, reject) => {
        udp.once('error', reject);
        udp.bind(where, resolve);
      });
      udp.off('error', noError);
      udp.on('error', noError);
      await listen(server.tcp, await sockets.listenTcp(address, port));
      return server;
    } catch (error) {
      udp.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([
      new Promise<void>((resolve) => this.udp.close(resolve)),
      new Promise<void>((resolve) => this.tcp.close(() => resolve())),
    ]);
  }
}

function noError(): void {
  // An answer that could not be delivered: the client asks again.
}

function sendDatagram(udp: UdpSocket, answer: Buffer, port: number, client: string): void {
  try {
    udp.send(answer, port, client, noError);
  } catch {
    // Closed meanwhile.
  }
}

function serveStream(socket: Socket, find: Find): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_PREFIX) {
      const end = LENGTH_PREFIX + pending.readUInt16BE(0);
      if (end > MAX_QUERY) {
        socket.destroy();
        return;
      }
      if (pending.length < end) return;
      void answerQuery(pending.subarray(LENGTH_PREFIX, end), find).then((answer) => {
        if (answer === undefined || !socket.writable) return;
        const prefix = Buffer.alloc(LENGTH_PREFIX);
        prefix.writeUInt16BE(answer.length);
        // Who asks without reading the answers gets no more of them.
        if (!socket.write(Buffer.concat([prefix, answer])) && socket.writableLength > 16 * MAX_QUERY) socket.destroy();
      });
      pending = pending.subarray(end);
    }
  });
}
