import type { Socket } from 'node:net';
import { parseClientHello, type ClientHello } from '../tls/client-hello.js';

export type FirstBytes =
  | { readonly kind: 'TLS'; readonly hello: ClientHello }
  | { readonly kind: 'HTTP' }
  | { readonly kind: 'UNKNOWN' }
  /** It ended, or took too long, before it had said what it wants. */
  | { readonly kind: 'GONE' };

const TLS_HANDSHAKE = 0x16;
const MAX_SNIFFED = 128 * 1024;

/** Looks at what a client says first, and puts it back. The socket is not flowing before and after. */
export async function sniff(socket: Socket, timeoutMs: number): Promise<FirstBytes> {
  const chunks: Buffer[] = [];
  let length = 0;
  const found = await new Promise<FirstBytes>((resolve) => {
    const finish = (result: FirstBytes): void => {
      clearTimeout(timer);
      socket.off('readable', look);
      socket.off('close', gone);
      resolve(result);
    };
    const gone = (): void => finish({ kind: 'GONE' });
    const look = (): void => {
      for (let chunk = readChunk(socket); chunk !== null; chunk = readChunk(socket)) {
        chunks.push(chunk);
        length += chunk.length;
      }
      const result = judge(Buffer.concat(chunks, length));
      if (result !== undefined) finish(result);
      else if (socket.readableEnded || length > MAX_SNIFFED) finish({ kind: 'GONE' });
    };
    const timer = setTimeout(gone, timeoutMs);
    socket.on('readable', look);
    socket.once('close', gone);
    if (socket.destroyed) gone();
  });
  if (length > 0 && !socket.destroyed) socket.unshift(Buffer.concat(chunks, length));
  return found;
}

function readChunk(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null;
}

function judge(bytes: Buffer): FirstBytes | undefined {
  const [first] = bytes;
  if (first === undefined) return undefined;
  if (first !== TLS_HANDSHAKE) return { kind: first >= 0x41 && first <= 0x5a ? 'HTTP' : 'UNKNOWN' };
  const parsed = parseClientHello(bytes);
  switch (parsed.state) {
    case 'COMPLETE':
      return { kind: 'TLS', hello: parsed.hello };
    case 'INVALID':
      return { kind: 'UNKNOWN' };
    case 'INCOMPLETE':
      return undefined;
  }
}
