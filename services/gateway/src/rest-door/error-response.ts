import { binaryToJson, type JsonValue } from '@heddle/contracts/json';
import { Status } from '@heddle/contracts/rpc';
import { GrpcCode, isReason, REASONS } from '@heddle/domain';
import { isObject, type JsonObject } from './query-values.js';

export interface ErrorResponse {
  readonly http: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `google.rpc.Status` as JSON. */
  readonly body: JsonObject;
}

/** For reasons that this gateway does not know. */
const HTTP_BY_CODE: Readonly<Record<number, number>> = {
  [GrpcCode.CANCELLED]: 499,
  [GrpcCode.INVALID_ARGUMENT]: 400,
  [GrpcCode.DEADLINE_EXCEEDED]: 504,
  [GrpcCode.NOT_FOUND]: 404,
  [GrpcCode.ALREADY_EXISTS]: 409,
  [GrpcCode.PERMISSION_DENIED]: 403,
  [GrpcCode.RESOURCE_EXHAUSTED]: 429,
  [GrpcCode.FAILED_PRECONDITION]: 400,
  [GrpcCode.ABORTED]: 409,
  [GrpcCode.OUT_OF_RANGE]: 400,
  [GrpcCode.UNIMPLEMENTED]: 501,
  [GrpcCode.UNAVAILABLE]: 503,
  [GrpcCode.UNAUTHENTICATED]: 401,
};

/** What REST answers for a status: the HTTP code of its reason, the headers that go with it, and the status itself. */
export function errorResponse(status: Status): ErrorResponse {
  const body = binaryToJson('google.rpc.Status', Status.encode(status).finish()) as JsonObject;
  const details = Array.isArray(body['details']) ? body['details'].filter(isObject) : [];
  const info = find(details, 'ErrorInfo');
  const reason = typeof info?.['reason'] === 'string' ? info['reason'] : '';
  const http = isReason(reason) ? REASONS[reason].http : (HTTP_BY_CODE[status.code] ?? 500);
  spellAsJson(find(details, 'BadRequest'));
  return { http, headers: headersFor(http, info, find(details, 'RetryInfo')), body };
}

function headersFor(http: number, info: JsonObject | undefined, retry: JsonObject | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (http === 426) headers['upgrade'] = 'websocket';
  if (http === 401) headers['www-authenticate'] = 'Bearer realm="heddle"';
  if (typeof retry?.['retryDelay'] === 'string')
    headers['retry-after'] = String(Math.ceil(Number.parseFloat(retry['retryDelay'])));
  const metadata = info?.['metadata'];
  if (http === 405 && isObject(metadata) && typeof metadata['allowed'] === 'string')
    headers['allow'] = metadata['allowed'];
  return headers;
}

/** Services name fields as the proto does; this door's clients know them by their JSON names. */
function spellAsJson(badRequest: JsonObject | undefined): void {
  const violations = badRequest?.['fieldViolations'];
  if (!Array.isArray(violations)) return;
  for (const violation of violations.filter(isObject)) {
    if (typeof violation['field'] === 'string')
      violation['field'] = violation['field'].replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  }
}

function find(details: readonly JsonObject[], name: string): JsonObject | undefined {
  return details.find(
    (detail: Readonly<Record<string, JsonValue>>) => detail['@type'] === `type.googleapis.com/google.rpc.${name}`,
  );
}
