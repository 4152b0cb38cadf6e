import type { RestAnswer } from './rest-door.js';

const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

interface StatusBody {
  readonly code: number;
  readonly message: string;
  readonly details: readonly ({ readonly '@type': string } & Readonly<Record<string, unknown>>)[];
}

/** What a machine reads of a refusal. */
export interface Refusal {
  readonly http: number;
  /** google.rpc.Code */
  readonly code: number;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of BadRequest, in the door's spelling. */
  readonly fields: readonly string[];
  readonly retryable: boolean;
}

/** @throws Error unless the answer is a google.rpc.Status with exactly one ErrorInfo of Heddle */
export function refusalOf(answer: RestAnswer<unknown>): Refusal {
  if (answer.status < 400 || !isStatus(answer.body))
    throw new Error(`No refusal: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
  const status = answer.body;
  const detail = (name: string): StatusBody['details'] =>
    status.details.filter((one) => one['@type'] === `${TYPE_PREFIX}${name}`);
  const [info, ...more] = detail('ErrorInfo');
  if (info === undefined || more.length > 0 || info['domain'] !== 'heddle') {
    throw new Error(`Not exactly one ErrorInfo of Heddle: ${JSON.stringify(status)}`);
  }
  const retryable = detail('RetryInfo').length > 0;
  if (retryable !== (answer.headers.get('retry-after') !== null))
    throw new Error('RetryInfo and Retry-After do not agree');
  const violations = detail('BadRequest').flatMap(
    (one) => (one['fieldViolations'] ?? []) as { readonly field: string }[],
  );
  return {
    http: answer.status,
    code: status.code,
    reason: String(info['reason']),
    metadata: (info['metadata'] ?? {}) as Record<string, string>,
    fields: violations.map(({ field }) => field),
    retryable,
  };
}

function isStatus(body: unknown): body is StatusBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    'message' in body &&
    'details' in body &&
    Array.isArray(body.details)
  );
}
