import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { withoutQuery } from '../grant/path-prefix.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import { tunnel } from '../routing/tunnel.js';
import { inspectorFor, withCredentials } from '../credentials/inspect.js';
import { endToEnd, type Headers } from './headers.js';
import type { HttpUpstream } from './http-upstream.js';
import { faultOf, toResponse } from './http1-upstream.js';
import { refusal, refuseOnSocket } from './refusal.js';
import { authorityOf, type RequestTarget } from './request-target.js';

/** The one protocol that requests may go on in: of others (HTTP/2 in the clear) the next request would not be seen. */
export function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** A request to go on in another protocol (WebSocket): decided like any other, then a tunnel. */
export async function serveUpgrade(
  context: EgressContext,
  http: HttpUpstream,
  { request, client, head, target }: { request: IncomingMessage; client: Socket; head: Buffer; target: RequestTarget },
): Promise<void> {
  const method = request.method ?? '';
  const { host, port, scheme, path } = target;
  const record = context.recorder.begin({ host, port, scheme, method, path: withoutQuery(path) });
  try {
    const decision = context.rules.decideRequest(host, port, method, path);
    if (!decision.allowed) throw refusal(decision, target, method);
    context.recorder.expectBudget();
    // What goes on in a WebSocket is not seen: it could not wait for its turn. Agents that prefer one take HTTP then.
    if (context.rules.lineFor(target, method, path) !== undefined)
      throw new EgressFault('REFUSED', 'UPGRADE_UNSEEN', 'models are asked by requests, not in a WebSocket');
    if (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0)
      throw new EgressFault('REFUSED', 'BAD_REQUEST', 'a request to upgrade has no body');
    const inspector = inspectorFor(context, target);
    const headers: Headers = {
      ...withCredentials(context, target, method, endToEnd(request.headers)),
      host: authorityOf(target),
      connection: 'upgrade',
      upgrade: 'websocket',
    };
    // Compressed frames could not be looked into.
    if (inspector !== undefined) delete headers['sec-websocket-extensions'];
    const answer = await open(http, { target, method, headers, client });
    inspector?.expectCleanHeaders(answer.headers);
    client.write(headOf(answer), 'latin1');
    if (answer.head.length > 0) answer.socket.unshift(answer.head);
    if (head.length > 0) client.unshift(head);
    tunnel(client, answer.socket, { record, idleMs: context.limits.idleMs, inspect: inspector?.stream() });
  } catch (error) {
    const fault = faultOf(error as Error, host);
    record.end(fault);
    refuseOnSocket(client, fault);
  }
}

interface Upgraded {
  readonly status: number;
  readonly headers: Headers;
  readonly socket: Socket;
  readonly head: Buffer;
}

/** Rejects if the upstream answers with anything but the change of protocol. */
async function open(
  http: HttpUpstream,
  { client, ...request }: { target: RequestTarget; method: string; headers: Headers; client: Socket },
): Promise<Upgraded> {
  const abort = new AbortController();
  client.once('close', () => abort.abort());
  return new Promise((resolve, reject) => {
    const outgoing = http.http1.open({ ...request, signal: abort.signal });
    outgoing.on('upgrade', (message, socket: Socket, head) => {
      if (!isWebSocket(message)) {
        socket.destroy();
        reject(new EgressFault('FAILED', 'UPSTREAM_FAILED', 'the host went on in another protocol'));
        return;
      }
      const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
      resolve({ status: 101, headers: { ...endToEnd(message.headers), ...upgrade }, socket, head });
    });
    outgoing.on('response', (message) => {
      message.destroy();
      const said = `the host answered ${String(toResponse(message).status)} to the upgrade`;
      reject(new EgressFault('FAILED', 'UPSTREAM_FAILED', said));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function headOf({ status, headers }: Upgraded): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  return [`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`, ...lines, '', ''].join('\r\n');
}
