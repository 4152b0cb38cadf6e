import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decoded, hasAnswerBody } from '../credentials/decode-body.js';
import { inspectorFor, withCredentials, type Inspector } from '../credentials/inspect.js';
import { withoutQuery } from '../grant/path-prefix.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import { endToEnd } from './headers.js';
import { forwardedBody, forwardedHeaders, hasBody } from './forwarded-request.js';
import type { HttpUpstream } from './http-upstream.js';
import { refusal } from './refusal.js';
import type { RequestTarget } from './request-target.js';
import type { UpstreamResponse } from './upstream-request.js';

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
    if (!decision.allowed) throw refusal(decision, target, method);
    context.recorder.expectBudget();
    const inspector = inspectorFor(context, target);
    const answer = await http.send(
      {
        target,
        method,
        headers: withCredentials(context, target, method, forwardedHeaders(request, target)),
        body: hasBody(request) ? forwardedBody(request, record.meter('sent')) : undefined,
        trailers: () => endToEnd(request.trailers),
        signal: abort.signal,
      },
      request.httpVersionMajor,
    );
    record.answered(answer.status, answer.headers);
    inspector?.expectCleanHeaders(answer.headers);
    const isOpaque = inspector === undefined || !hasAnswerBody(method, answer.status);
    const { headers, decoders } = isOpaque ? { headers: answer.headers, decoders: [] } : decoded(answer.headers);
    const layers = isOpaque ? [] : [...decoders, inspector.stream()];
    response.writeHead(answer.status, headers);
    // What an event stream says first may come much later.
    if (!('stream' in response)) response.flushHeaders();
    await passBack(answer, response, [record.meter('received'), ...layers], inspector);
    record.end();
  } catch (error) {
    const fault = error instanceof EgressFault ? error : brokenAnswer(error, host);
    record.end(fault);
    abort.abort();
    answerFault(request, response, fault);
  }
}

async function passBack(
  { body, trailers }: UpstreamResponse,
  response: AnyResponse,
  layers: readonly Transform[],
  inspector: Inspector | undefined,
): Promise<void> {
  await pipeline([body, ...layers, response], { end: false });
  const last = trailers();
  inspector?.expectCleanHeaders(last);
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
