import { constants } from 'node:http2';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decoded, hasAnswerBody } from '../credentials/decode-body.js';
import { inspectorFor, withCredentials, type Inspector } from '../credentials/inspect.js';
import type { EgressContext } from '../routing/egress-context.js';
import { EgressFault } from '../routing/egress-fault.js';
import { Exchange, type AnyRequest, type AnyResponse } from './exchange.js';
import { endToEnd } from './headers.js';
import { forwardedBody, forwardedHeaders, hasBody } from './forwarded-request.js';
import type { HttpUpstream } from './http-upstream.js';
import { refusal } from './refusal.js';
import type { RequestTarget } from './request-target.js';
import { sendInTurn, type Answered } from './send-in-turn.js';
import type { UpstreamRequest, UpstreamResponse } from './upstream-request.js';

/** Decides about one request, passes it on, and passes the answer back as it comes. */
export async function serveRequest(
  context: EgressContext,
  http: HttpUpstream,
  { request, response, target }: { request: AnyRequest; response: AnyResponse; target: RequestTarget },
): Promise<void> {
  const exchange = new Exchange(context.recorder, request, response, target);
  const { method } = exchange;
  const { host, port, path } = target;
  let answered: Answered | undefined;
  try {
    const decision = context.rules.decideRequest(host, port, method, path);
    if (!decision.allowed) throw refusal(decision, target, method);
    context.recorder.expectBudget();
    const inspector = inspectorFor(context, target);
    answered = await sendOn(context, http, exchange);
    const { answer } = answered;
    inspector?.expectCleanHeaders(answer.headers);
    const isOpaque = inspector === undefined || !hasAnswerBody(method, answer.status);
    const { headers, decoders } = isOpaque ? { headers: answer.headers, decoders: [] } : decoded(answer.headers);
    const layers = isOpaque ? [] : [...decoders, inspector.stream()];
    response.writeHead(answer.status, headers);
    // What an event stream says first may come much later.
    if (!('stream' in response)) response.flushHeaders();
    await passBack(answer, response, [exchange.record.meter('received'), ...layers], inspector);
    exchange.record.end();
  } catch (error) {
    const fault = error instanceof EgressFault ? error : brokenAnswer(error, host);
    exchange.giveUp(fault);
    answerFault(request, response, fault);
  } finally {
    answered?.ended();
  }
}

/** At once, or where the request's credential names a line, when it is its turn. */
async function sendOn(context: EgressContext, http: HttpUpstream, exchange: Exchange): Promise<Answered> {
  const { request, target, method, signal } = exchange;
  const headers = withCredentials(context, target, method, forwardedHeaders(request, target));
  const send = (body: UpstreamRequest['body']): Promise<UpstreamResponse> =>
    http.send(
      { target, method, headers, body, trailers: () => endToEnd(request.trailers), signal },
      request.httpVersionMajor,
    );
  const line = context.rules.lineFor(target, method, target.path);
  if (line !== undefined) return sendInTurn(context, line, exchange, send);
  const answer = await send(hasBody(request) ? forwardedBody(request, exchange.record.meter('sent')) : undefined);
  exchange.record.answered(answer.status, answer.headers);
  return { answer, ended: () => undefined };
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
  response.writeHead(fault.status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-heddle-egress': fault.reason,
    ...(fault.retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(fault.retryAfterMs / 1000)) }),
  });
  response.end(fault.line);
}
