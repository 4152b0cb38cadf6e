import {
  Agent,
  request as httpRequest,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { EgressLimits } from '../limits/egress-limits.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { Upstream } from '../routing/upstream.js';
import { endToEnd } from './headers.js';
import type { UpstreamHead, UpstreamRequest, UpstreamResponse } from './upstream-request.js';

const PARALLEL_PER_HOST = 64;
const KEEP_IDLE = 16;
const IDLE_MS = 30_000;

/** HTTP/1.1 to the hosts of the grant, over kept connections. */
export class Http1Upstream {
  private readonly agents: Readonly<Record<'http' | 'https', UpstreamAgent>>;

  constructor(
    upstream: Upstream,
    private readonly limits: EgressLimits,
  ) {
    this.agents = {
      http: new UpstreamAgent((host, port) => upstream.connectTcp(host, port)),
      https: new UpstreamAgent((host, port) => upstream.connectTls(host, port, ['http/1.1'])),
    };
  }

  /** Rejects with an EgressFault. */
  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open(request);
      let answer: IncomingMessage | undefined;
      outgoing.on('response', (response) => {
        answer = response;
        resolve(toResponse(response));
      });
      outgoing.on('timeout', () => {
        const fault = new EgressFault('FAILED', 'IDLE', `${request.target.host} said nothing for too long`);
        (answer ?? outgoing).destroy(fault);
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the server closed at that moment: nothing can have happened yet for such a request.
        const wasStale = outgoing.reusedSocket && request.body === undefined && error.code === 'ECONNRESET';
        if (wasStale && isSafe(request.method)) this.send(request).then(resolve, reject);
        else reject(faultOf(error, request.target.host));
      });
      writeBody(outgoing, request);
    });
  }

  /** A request that may end in another protocol: the caller listens to `response`, `upgrade` and `error`. */
  open({ target, method, headers, signal }: UpstreamHead): ClientRequest {
    return httpRequest({
      agent: this.agents[target.scheme],
      host: target.host,
      port: target.port,
      method,
      path: target.path,
      headers,
      setHost: false,
      maxHeaderSize: this.limits.maxHeaderBytes,
      timeout: this.limits.idleMs,
      signal,
    });
  }

  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }
}

/** Rejections of a connect are EgressFaults; what happens afterwards is the upstream's failure. */
export function faultOf(error: NodeJS.ErrnoException, host: string): EgressFault {
  if (error instanceof EgressFault) return error;
  return new EgressFault('FAILED', 'UPSTREAM_FAILED', `${host} did not answer properly: ${error.code ?? error.name}`);
}

export function toResponse(message: IncomingMessage): UpstreamResponse {
  return {
    status: message.statusCode ?? 502,
    headers: endToEnd(message.headers),
    body: message,
    trailers: () => endToEnd(message.trailers),
  };
}

function writeBody(outgoing: ClientRequest, { body, trailers }: UpstreamRequest): void {
  if (body === undefined) {
    outgoing.end();
    return;
  }
  body.on('error', (error) => outgoing.destroy(error));
  body.on('end', () => {
    const last = trailers();
    if (Object.keys(last).length > 0) outgoing.addTrailers(Object.entries(last) as [string, string][]);
    outgoing.end();
  });
  body.pipe(outgoing, { end: false });
}

function isSafe(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method);
}

type Connect = (host: string, port: number) => Promise<Socket>;
type Created = (error: Error | null, stream: Duplex) => void;

/** Node's pool of connections over ours: to Node they are plain streams, encrypted or not. */
class UpstreamAgent extends Agent {
  constructor(private readonly connect: Connect) {
    super({ keepAlive: true, maxSockets: PARALLEL_PER_HOST, maxFreeSockets: KEEP_IDLE, timeout: IDLE_MS });
  }

  override createConnection({ host, port }: ClientRequestArgs, created?: Created): undefined {
    this.connect(String(host), Number(port)).then(
      (socket) => created?.(null, socket),
      // Node reads no stream beside an error.
      (error: unknown) => (created as ((error: unknown) => void) | undefined)?.(error),
    );
  }
}
