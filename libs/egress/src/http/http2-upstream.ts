import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { EgressFault } from '../routing/egress-fault.js';
import type { Upstream } from '../routing/upstream.js';
import { endToEnd, type Headers } from './headers.js';
import type { RequestTarget } from './request-target.js';
import type { UpstreamRequest, UpstreamResponse } from './upstream-request.js';

const IDLE_MS = 60_000;

/** HTTP/2 to those hosts of the grant that speak it, one session a host. */
export class Http2Upstream {
  private readonly sessions = new Map<string, Promise<ClientHttp2Session | undefined>>();

  constructor(
    private readonly upstream: Upstream,
    private readonly idleMs: number,
  ) {}

  /** Undefined if the host does not speak HTTP/2. Rejects with an EgressFault. */
  async session({ host, port }: RequestTarget): Promise<ClientHttp2Session | undefined> {
    const key = `${host}:${String(port)}`;
    const known = this.sessions.get(key);
    if (known !== undefined) {
      const session = await known;
      if (session === undefined || (!session.closed && !session.destroyed)) return session;
    }
    const opening = this.connect(key, host, port);
    this.sessions.set(key, opening);
    opening.catch(() => this.sessions.delete(key));
    return opening;
  }

  /** Rejects with an EgressFault. */
  async send(session: ClientHttp2Session, request: UpstreamRequest): Promise<UpstreamResponse> {
    const { target, body, signal } = request;
    return new Promise((resolve, reject) => {
      const fail = (error?: NodeJS.ErrnoException): void => {
        const code = error?.code ?? 'the stream was closed';
        reject(new EgressFault('FAILED', 'UPSTREAM_FAILED', `${target.host} did not answer properly: ${code}`));
      };
      let stream: ClientHttp2Stream;
      try {
        stream = session.request(toHttp2(request), {
          endStream: body === undefined,
          waitForTrailers: body !== undefined,
        });
      } catch (error) {
        fail(error as NodeJS.ErrnoException);
        return;
      }
      let trailers: Headers = {};
      stream.on('error', fail);
      stream.on('close', () => fail());
      stream.on('trailers', (headers: IncomingHttpHeaders) => (trailers = endToEnd(headers)));
      stream.on('wantTrailers', () => stream.sendTrailers(request.trailers()));
      stream.on('response', (headers) => {
        const { ':status': status = 502 } = headers;
        resolve({ status, headers: endToEnd(headers), body: stream, trailers: () => trailers });
      });
      stream.setTimeout(this.idleMs, () => stream.close(constants.NGHTTP2_CANCEL));
      signal.addEventListener('abort', () => stream.close(constants.NGHTTP2_CANCEL), { once: true });
      if (body === undefined) return;
      body.on('error', () => stream.close(constants.NGHTTP2_CANCEL));
      body.pipe(stream);
    });
  }

  close(): void {
    for (const opening of this.sessions.values())
      opening.then(
        (session) => session?.destroy(),
        () => undefined,
      );
    this.sessions.clear();
  }

  private async connect(key: string, host: string, port: number): Promise<ClientHttp2Session | undefined> {
    const socket: TLSSocket = await this.upstream.connectTls(host, port, ['h2', 'http/1.1']);
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      return undefined;
    }
    const session = connect(`https://${key}`, { createConnection: () => socket });
    session.on('error', () => undefined);
    session.on('close', () => this.sessions.delete(key));
    session.on('goaway', () => this.sessions.delete(key));
    session.setTimeout(IDLE_MS, () => session.close());
    return session;
  }
}

function toHttp2({ target, method, headers }: UpstreamRequest): Record<string, string | string[]> {
  const { host, 'transfer-encoding': _framing, ...rest } = headers;
  return {
    ':method': method,
    ':scheme': 'https',
    ':authority': typeof host === 'string' ? host : target.host,
    ':path': target.path,
    ...rest,
  };
}
