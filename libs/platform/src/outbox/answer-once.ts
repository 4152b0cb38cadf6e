import type { DataSource, EntityManager } from 'typeorm';
import { fieldInvalid } from '@heddle/domain';
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

const MAX_REQUEST_ID = 64;

/**
 * Answers a request with a `requestId` once: `prepare` runs before the transaction (other services are asked there),
 * `effect` inside it. A repeat gets the first answer without either.
 * @throws HeddleError FIELD_INVALID for a `requestId` that is too long; REQUEST_ID_REUSED
 */
export async function answerOnce<Request, Response, Prepared>(
  dataSource: DataSource,
  call: OnceCall<Request, Response>,
  prepare: () => Promise<Prepared>,
  effect: (manager: EntityManager, prepared: Prepared) => Promise<Response>,
): Promise<Response> {
  if (call.requestId.length > MAX_REQUEST_ID)
    throw fieldInvalid([{ field: 'request_id', description: `must be at most ${String(MAX_REQUEST_ID)} characters` }]);
  const key: RequestKey = {
    principal: requestContext.get()?.principal ?? '',
    method: call.method,
    requestId: call.requestId,
    body: call.requestCodec.encode(withSortedMaps(call.request)).finish(),
  };
  const earlier = await recordedAnswer(dataSource.manager, key);
  if (earlier !== undefined) return call.responseCodec.decode(earlier);
  let prepared: Prepared;
  try {
    prepared = await prepare();
  } catch (error) {
    // What refuses a repeat may be the effect of the first, which was in flight a moment ago.
    const meanwhile = await recordedAnswer(dataSource.manager, key);
    if (meanwhile === undefined) throw error;
    return call.responseCodec.decode(meanwhile);
  }
  const answer = await dataSource.transaction((manager) =>
    oncePerRequest(manager, key, async () => call.responseCodec.encode(await effect(manager, prepared)).finish()),
  );
  return call.responseCodec.decode(answer);
}

/** A map is encoded in the order in which it arrived, which means nothing: clients in Go shuffle theirs. */
function withSortedMaps<T>(message: T): T;
function withSortedMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withSortedMaps(item));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, withSortedMaps<unknown>(item)]));
}
