import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { TestEgress } from './test-egress.js';

/** A client that sends what it is told, byte by byte. */
export class RawClient {
  private received = Buffer.alloc(0);
  private readonly changed = new Set<() => void>();
  private isOver = false;

  constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.tell();
    });
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        this.isOver = true;
        this.tell();
      });
  }

  static async open(host: string, port: number): Promise<RawClient> {
    const socket = connectTcp({ host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Everything so far, once it matches or no more comes. */
  async until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        const text = this.received.toString('latin1');
        if (!pattern.test(text) && !this.isOver) return;
        this.changed.delete(look);
        resolve(text);
      };
      this.changed.add(look);
      look();
    });
  }

  /** Everything, once the other side has ended. */
  async all(): Promise<string> {
    return this.until(/(?!)/);
  }

  private tell(): void {
    for (const look of this.changed) look();
  }
}

export async function toProxy({ proxyHost, proxyPort }: TestEgress): Promise<RawClient> {
  return RawClient.open(proxyHost, proxyPort);
}

/** The first line of the answer, and its text. */
export async function connectThrough(
  egress: TestEgress,
  authority: string,
): Promise<{ client: RawClient; answer: string }> {
  const client = await toProxy(egress);
  client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const answer = await client.until(/^HTTP\/1.1 200 [^\r]*\r\n\r\n/);
  return { client, answer };
}

/** TLS through CONNECT. Rejects if there is no tunnel, or no TLS in it. */
export async function tlsThrough(
  egress: TestEgress,
  authority: string,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  const { client, answer } = await connectThrough(egress, authority);
  if (!answer.startsWith('HTTP/1.1 200')) throw new Error(answer);
  client.socket.removeAllListeners('data');
  return tlsOver(client.socket, options);
}

export async function tlsOver(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const secure = connectTls({ socket, ...options });
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve);
    secure.once('error', (error: Error) => {
      socket.destroy();
      reject(error);
    });
    secure.once('close', () => reject(new Error('closed before TLS was there')));
  });
  return secure;
}
