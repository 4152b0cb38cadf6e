import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { normaliseAuthority } from '../grant/host-name.js';
import type { Destination } from '../routing/bound-connection.js';
import { EgressFault } from '../routing/egress-fault.js';

export interface RequestTarget extends Destination {
  readonly scheme: 'http' | 'https';
  /** Path and query, as sent. */
  readonly path: string;
}

const ABSOLUTE_FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)$/i;

/** Of a request to the proxy itself. Throws an EgressFault. */
export function targetOfProxyRequest(request: IncomingMessage | Http2ServerRequest): RequestTarget {
  const match = ABSOLUTE_FORM.exec(request.url ?? '');
  if (match === null) throw badRequest('this is a proxy: a request must name its whole URL');
  const [, scheme = '', authority = '', rest = ''] = match;
  if (scheme.toLowerCase() !== 'http') throw badRequest(`${scheme} goes through CONNECT`);
  const destination = parseAuthority(authority, 80);
  expectAuthority(oneHost(request), destination, 80);
  return { ...destination, scheme: 'http', path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Of a request on a connection whose destination is fixed. Throws an EgressFault. */
export function targetOfBoundRequest(
  request: IncomingMessage | Http2ServerRequest,
  scheme: 'http' | 'https',
  destination: Destination,
): RequestTarget {
  const path = request.url ?? '';
  if (!path.startsWith('/') && !(path === '*' && request.method === 'OPTIONS'))
    throw badRequest('a request to a server begins with a path');
  const { ':authority': authority, ':scheme': pseudoScheme } = request.headers;
  if (pseudoScheme !== undefined && pseudoScheme !== scheme) throw badRequest('the scheme is another one');
  const host = oneHost(request);
  const named = [host, typeof authority === 'string' ? authority : undefined].filter((name) => name !== undefined);
  if (named.length === 0) throw badRequest('a request must name its host');
  // Without a port, clients mean the one they are connected to.
  for (const name of named) expectAuthority(name, destination, destination.port);
  return { ...destination, scheme, path };
}

/** As a Host header says it. */
export function authorityOf({ scheme, host, port }: RequestTarget): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${String(port)}`;
}

/** Throws an EgressFault. */
export function parseAuthority(text: string, defaultPort: number): Destination {
  const parsed = normaliseAuthority(text, defaultPort);
  if ('fault' in parsed) throw new EgressFault('REFUSED', parsed.fault, HOST_FAULTS[parsed.fault]);
  return parsed;
}

const HOST_FAULTS = {
  BAD_HOST: 'this is no host name',
  IP_LITERAL: 'hosts are reached by their names, not by addresses',
  USERINFO: 'a host with a user name before it is refused',
} as const;

/** Node keeps the first of several; the server might read the last. */
function oneHost(request: IncomingMessage | Http2ServerRequest): string | undefined {
  const { rawHeaders } = request;
  const count = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (count > 1) throw badRequest('a request must name one host');
  return request.headers.host;
}

function expectAuthority(text: string | undefined, { host, port }: Destination, defaultPort: number): void {
  if (text === undefined) return;
  const parsed = parseAuthority(text, defaultPort);
  if (parsed.host !== host || parsed.port !== port)
    throw new EgressFault(
      'REFUSED',
      'AUTHORITY_MISMATCH',
      `the request names another host than ${host}:${String(port)}`,
    );
}

function badRequest(message: string): EgressFault {
  return new EgressFault('REFUSED', 'BAD_REQUEST', message);
}
