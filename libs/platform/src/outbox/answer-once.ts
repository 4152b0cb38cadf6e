import type { DataSource, EntityManager } from 'typeorm';
import { requestContext } from '../context/request-context.js';
import { oncePerRequest, recordedAnswer, type RequestKey } from './once-per-request.js';

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

export interface OnceCall<Request, Response> {
  readonly method: string;
  readonly requestId: string;
  readonly request: Request;
  readonly requestCodec: Codec<Request>;
  readonly responseCodec: Codec<Response>;
}

/**
 * Answers a request with a `requestId` once: `prepare` runs before the transaction (other services are asked there),
 * `effect` inside it. A repeat gets the first answer without either.
 */
export async function answerOnce<Request, Response, Prepared>(
  dataSource: DataSource,
  call: OnceCall<Request, Response>,
  prepare: () => Promise<Prepared>,
  effect: (manager: EntityManager, prepared: Prepared) => Promise<Response>,
): Promise<Response> {
  const key: RequestKey = {
    principal: requestContext.get()?.principal ?? '',
    method: call.method,
    requestId: call.requestId,
    body: call.requestCodec.encode(call.request).finish(),
  };
  const earlier = await recordedAnswer(dataSource.manager, key);
  if (earlier !== undefined) return call.responseCodec.decode(earlier);
  const prepared = await prepare();
  const answer = await dataSource.transaction((manager) =>
    oncePerRequest(manager, key, async () => call.responseCodec.encode(await effect(manager, prepared)).finish()),
  );
  return call.responseCodec.decode(answer);
}
