import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Readable, Transform } from 'node:stream';
import { endToEnd, type Headers } from './headers.js';
import { authorityOf, type RequestTarget } from './request-target.js';

const USUALLY_WITH_BODY = ['POST', 'PUT', 'PATCH'];

type AnyRequest = IncomingMessage | Http2ServerRequest;

/** The headers with which a request goes on to its upstream. */
export function forwardedHeaders(request: AnyRequest, target: RequestTarget): Headers {
  const headers = endToEnd(request.headers);
  headers.host = authorityOf(target);
  // Answered by the server that took the request.
  delete headers.expect;
  if (/\btrailers\b/i.test(String(request.headers.te ?? ''))) headers.te = 'trailers';
  if (!hasBody(request)) {
    if (USUALLY_WITH_BODY.includes(request.method ?? '')) headers['content-length'] = '0';
    else delete headers['content-length'];
  } else if (headers['content-length'] === undefined) {
    // Said explicitly: for methods that seldom have a body, Node would send it without any framing.
    headers['transfer-encoding'] = 'chunked';
  }
  return headers;
}

export function hasBody(request: AnyRequest): boolean {
  if ('stream' in request) return !request.stream.endAfterHeaders;
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

export function forwardedBody(request: AnyRequest, meter: Transform): Readable {
  request.on('error', (error) => meter.destroy(error));
  request.on('close', () => {
    if (!request.complete) meter.destroy();
  });
  // For the time until somebody reads it.
  meter.on('error', () => undefined);
  return request.pipe(meter);
}
