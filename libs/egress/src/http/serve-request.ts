import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { OpenRecord } from '../record/recorder.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import { withoutQuery } from '../grant/path-prefix.js';
import { endToEnd, type Headers } from './headers.js';
import type { RequestTarget } from './request-target.js';
import type { HttpUpstream } from './http-upstream.js';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

/** Decides about one request, passes it on, and passes the answer back as it comes. */
export async function serveRequest(
  context: EgressContext,
  http: HttpUpstream,
  { request, response, target }: { request: AnyRequest; response: AnyResponse; target: RequestTarget },
): Promise<void> {
  const method = request.method ?? '';
  const { host, port, scheme, path } = target;
  const record = context.recorder.begin({ host, port, scheme, method, path: withoutQuery(path) });
  const abort = new AbortController();
  response.on('close', () => {
    if (response.writableFinished) return;
    record.end(new EgressFault('FAILED', 'CLIENT_ABORTED', 'the client went away'));
    abort.abort();
  });
  try {
    const decision = context.rules.decideRequest(host, port, method, path);
    if (!decision.allowed) throw refusal(decision.reason, target, method, decision.suggestion);
    const answer = await http.send({
      target,
      method,
      ...prepare(request, target, record),
      trailers: () => endToEnd(request.trailers),
      signal: abort.signal,
    });
    response.writeHead(answer.status, answer.headers as never);
    // What an event stream says first may come much later.
    if (!('stream' in response)) response.flushHeaders();
    await passBack(answer.body, response, record, answer.trailers);
    record.end();
  } catch (error) {
    const fault = error instanceof EgressFault ? error : brokenAnswer(error, host);
    record.end(fault);
    answerFault(request, response, fault);
  }
}

function refusal(
  reason: EgressFault['reason'],
  { host, port, path }: RequestTarget,
  method: string,
  suggestion: EgressFault['suggestion'],
): EgressFault {
  const what =
    reason === 'HOST_NOT_ALLOWED' || reason === 'PORT_NOT_ALLOWED'
      ? `${host}:${String(port)}`
      : `${method} ${withoutQuery(path)} of ${host}:${String(port)}`;
  return new EgressFault('REFUSED', reason, `${what} is not on the list of this sandbox`, suggestion);
}

function prepare(
  request: AnyRequest,
  target: RequestTarget,
  record: OpenRecord,
): { headers: Headers; body: Readable | undefined } {
  const headers = endToEnd(request.headers);
  headers.host = authorityOf(target);
  // Answered here already.
  delete headers.expect;
  if (/\btrailers\b/i.test(String(request.headers.te ?? ''))) headers.te = 'trailers';
  if (!hasBody(request)) {
    if (['POST', 'PUT', 'PATCH'].includes(request.method ?? '')) headers['content-length'] = '0';
    return { headers, body: undefined };
  }
  // Said explicitly: for methods that seldom have a body, Node would send it without any framing.
  if (headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
  const body = record.meter('sent');
  request.on('error', (error) => body.destroy(error));
  request.pipe(body);
  return { headers, body };
}

function hasBody(request: AnyRequest): boolean {
  if ('stream' in request) return !request.stream.endAfterHeaders;
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

function authorityOf({ scheme, host, port }: RequestTarget): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${String(port)}`;
}

async function passBack(
  body: Readable,
  response: AnyResponse,
  record: OpenRecord,
  trailers: () => Headers,
): Promise<void> {
  await pipeline(body, record.meter('received'), response, { end: false });
  const last = trailers();
  if (Object.keys(last).length > 0) response.addTrailers(last);
  await new Promise<void>((resolve) => response.end(resolve));
}

function brokenAnswer(error: unknown, host: string): EgressFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
  return new EgressFault('FAILED', 'UPSTREAM_FAILED', `the answer of ${host} broke off: ${code}`);
}

/** In words if nothing has been answered yet; else the answer breaks off, which no client takes for its end. */
export function answerFault(request: AnyRequest, response: AnyResponse, fault: EgressFault): void {
  if (response.headersSent || response.destroyed) {
    if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else response.destroy();
    return;
  }
  // What is left of the request's body is not read to its end.
  if (request.httpVersionMajor === 1) response.setHeader('connection', 'close');
  response.writeHead(fault.status, { 'content-type': 'text/plain; charset=utf-8', 'x-heddle-egress': fault.reason });
  response.end(fault.line);
}
