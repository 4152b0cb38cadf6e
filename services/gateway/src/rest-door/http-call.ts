import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { binaryToJson } from '@heddle/contracts/json';
import { HeddleError } from '@heddle/domain';
import { isTraceparent, newTraceparent } from '@heddle/platform/context';
import { isRequestId } from '../dispatch/request-id.js';
import { isObject } from './query-values.js';
import type { MatchedRoute } from './route-table.js';

const READ_MS = 30_000;
/** A write may have to fetch from a slow remote first; who does not want to wait goes away. */
const WRITE_MS = 300_000;
/** What a long poll may take beyond the time that it asked for. */
const WAIT_MARGIN_MS = 10_000;
const DEFAULT_WAIT_MS = 60_000;

export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && isRequestId(given) ? given : randomUUID();
}

export function traceparentOf(request: IncomingMessage): string {
  const given = request.headers['traceparent'];
  return typeof given === 'string' && isTraceparent(given) ? given : newTraceparent();
}

/** HTTP has no deadline of its own: unary calls get one here, longer where the client asked to wait, streams none. */
export function deadlineOf({ method, binding }: MatchedRoute, request: Uint8Array, now = Date.now()): number {
  if (method.serverStreaming) return Infinity;
  const waits = method.input.fields.some(
    (field) => field.name === 'timeout' && field.message?.typeName === 'google.protobuf.Duration',
  );
  if (!waits) return now + (binding.verb === 'GET' ? READ_MS : WRITE_MS);
  const json = binaryToJson(method.input.typeName, request);
  const timeout =
    isObject(json) && typeof json['timeout'] === 'string' ? Number.parseFloat(json['timeout']) * 1000 : DEFAULT_WAIT_MS;
  return now + Math.min(Math.max(timeout, 0), DEFAULT_WAIT_MS) + WAIT_MARGIN_MS;
}

const BASE = 'http://gateway';

/**
 * The target of a request with its path and its query. A path names no host, also where it begins with two slashes.
 * @throws HeddleError ROUTE_NOT_FOUND
 */
export function targetOf({ url = '/' }: IncomingMessage): URL {
  const target = url.startsWith('/') ? BASE + url : url;
  if (URL.canParse(target, BASE)) return new URL(target, BASE);
  const path = url.slice(0, 200);
  throw new HeddleError('ROUTE_NOT_FOUND', `There is no ${path} here`, { metadata: { path } });
}
