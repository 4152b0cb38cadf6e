import { durationToMs } from '../json/duration.js';
import { HeddleApiError, type FieldViolation } from './heddle-api.error.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Builds the error of an answer that was no success; `retryAfterHeader` counts where the body has no RetryInfo. */
export function errorFromAnswer(httpStatus: number, body: string, retryAfterHeader: string | null): HeddleApiError {
  const status = parseObject(body);
  if (status === undefined || !Array.isArray(status['details'])) {
    return new HeddleApiError(`HTTP_${String(httpStatus)}`, foreignMessage(httpStatus, body), httpStatus, {
      retryAfter: secondsOfHeader(retryAfterHeader),
    });
  }
  return errorFromStatus(status, httpStatus, secondsOfHeader(retryAfterHeader));
}

/** The error of a `google.rpc.Status` in JSON, as bodies and `failure` frames of streams have it. */
export function errorFromStatus(status: JsonObject, httpStatus: number, fallbackRetryAfter?: number): HeddleApiError {
  const details = objects(status['details']);
  const info = detail(details, 'ErrorInfo');
  return new HeddleApiError(
    text(info?.['reason']) ?? `HTTP_${String(httpStatus)}`,
    text(status['message']) ?? 'The server gave no message',
    httpStatus,
    {
      metadata: stringMap(info?.['metadata']),
      violations: violations(detail(details, 'BadRequest')),
      retryAfter: secondsOfDuration(detail(details, 'RetryInfo')?.['retryDelay']) ?? fallbackRetryAfter,
      code: typeof status['code'] === 'number' ? status['code'] : undefined,
    },
  );
}

export function parseObject(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function detail(details: readonly JsonObject[], type: string): JsonObject | undefined {
  return details.find((entry) => text(entry['@type'])?.endsWith(`google.rpc.${type}`) === true);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function stringMap(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
}

function violations(badRequest: JsonObject | undefined): readonly FieldViolation[] {
  return objects(badRequest?.['fieldViolations']).map((violation) => ({
    field: text(violation['field']) ?? '',
    description: text(violation['description']) ?? '',
  }));
}

function secondsOfDuration(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  return durationToMs(value) / 1000;
}

/** Only the number form: no server of ours sends a date, and a proxy's date needs a clock that agrees. */
function secondsOfHeader(value: string | null): number | undefined {
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}

function foreignMessage(httpStatus: number, body: string): string {
  const start = body.trim().slice(0, 200);
  return `The server answered ${String(httpStatus)} and not in Heddle's form${start === '' ? '' : `: ${start}`}`;
}
