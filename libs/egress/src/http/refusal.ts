import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { withoutQuery } from '../grant/path-prefix.js';
import type { Decision } from '../grant/rule-set.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { RequestTarget } from './request-target.js';

/** What a request gets that no rule covers. */
export function refusal(
  { reason, suggestion }: Extract<Decision, { allowed: false }>,
  { host, port, path }: RequestTarget,
  method: string,
): EgressFault {
  const server = `${host}:${String(port)}`;
  const isAboutHost = reason === 'HOST_NOT_ALLOWED' || reason === 'PORT_NOT_ALLOWED';
  const what = isAboutHost ? server : `${method} ${withoutQuery(path)} of ${server}`;
  return new EgressFault('REFUSED', reason, `${what} is not on the list of this sandbox`, suggestion);
}

/** The answer to a request that Node has handed over with its connection. */
export function refuseOnSocket(socket: Socket, { status, reason, line }: EgressFault): void {
  socket.end(
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? 'Refused'}\r\nConnection: close\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${String(Buffer.byteLength(line))}\r\n` +
      `X-Heddle-Egress: ${reason}\r\n\r\n${line}`,
  );
}
