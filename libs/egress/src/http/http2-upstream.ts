import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { BoundedMap } from '../limits/bounded-map.js';
import type { EgressLimits } from '../limits/egress-limits.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { Upstream } from '../routing/upstream.js';
import { endToEnd, type Headers } from './headers.js';
import type { RequestTarget } from './request-target.js';
import type { UpstreamRequest, UpstreamResponse } from './upstream-request.js';

const IDLE_MS = 60_000;

/** HTTP/2 to those hosts of the grant that speak it, one session a host. */
export class Http2Upstream {
  private readonly sessions: BoundedMap<Opening>;

  constructor(
    private readonly upstream: Upstream,
    private readonly limits: EgressLimits,
  ) {
    this.sessions = new BoundedMap(
      limits.maxNames,
      (opening) => void opening.then((session) => session?.close(), noError),
    );
  }

  /** Undefined if the host does not speak HTTP/2. Rejects with an EgressFault. */
  async session({ host, port }: RequestTarget): Promise<ClientHttp2Session | undefined> {
    const key = `${host}:${String(port)}`;
    for (;;) {
      const opening = this.sessions.getOrCreate(key, () => this.connect(host, port));
      try {
        const session = await opening;
        if (session === undefined || (!session.closed && !session.destroyed)) return session;
      } catch (error) {
        this.sessions.delete(key, opening);
        throw error;
      }
      this.sessions.delete(key, opening);
    }
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
      stream.setTimeout(this.limits.idleMs, () => stream.close(constants.NGHTTP2_CANCEL));
      signal.addEventListener('abort', () => stream.close(constants.NGHTTP2_CANCEL), { once: true });
      if (body === undefined) return;
      body.on('error', () => stream.close(constants.NGHTTP2_CANCEL));
      body.pipe(stream);
    });
  }

  close(): void {
    this.sessions.clear();
  }

  private async connect(host: string, port: number): Promise<ClientHttp2Session | undefined> {
    const socket: TLSSocket = await this.upstream.connectTls(host, port, ['h2', 'http/1.1']);
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      return undefined;
    }
    const session = connect(`https://${host}:${String(port)}`, { createConnection: () => socket });
    session.on('error', noError);
    // Takes no more requests; those that are under way go on.
    session.on('goaway', () => session.close());
    session.setTimeout(IDLE_MS, () => session.close());
    return session;
  }
}

type Opening = Promise<ClientHttp2Session | undefined>;

function noError(): void {
  // Each of its requests sees it for itself.
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
