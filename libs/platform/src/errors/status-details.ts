import { type Any, BadRequest, ErrorInfo, RetryInfo, Status } from '@heddle/contracts/rpc';
import { HeddleError, isReason, type FieldViolation, type Reason } from '@heddle/domain';

/** The trailer in which gRPC carries a `google.rpc.Status`. */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

const ERROR_DOMAIN = 'heddle';
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

/** The `google.rpc.Status` of an error: one ErrorInfo, BadRequest for bad fields, RetryInfo where a blind repeat makes sense. */
export function toStatus(error: HeddleError): Status {
  const info = ErrorInfo.encode({ reason: error.reason, domain: ERROR_DOMAIN, metadata: { ...error.metadata } });
  const details: Any[] = [detail('ErrorInfo', info)];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.map((fault) => ({
      field: fault.field,
      description: fault.description,
      reason: '',
    }));
    details.push(detail('BadRequest', BadRequest.encode(BadRequest.fromPartial({ fieldViolations }))));
  }
  if (error.retryAfterSeconds !== undefined) {
    const whole = Math.floor(error.retryAfterSeconds);
    const retryDelay = { seconds: String(whole), nanos: Math.round((error.retryAfterSeconds - whole) * 1e9) };
    details.push(detail('RetryInfo', RetryInfo.encode({ retryDelay })));
  }
  return { code: error.entry.code, message: error.message, details };
}

export function encodeStatus(error: HeddleError): Buffer {
  return Buffer.from(Status.encode(toStatus(error)).finish());
}

/**
 * The error that a status trailer tells of.
 * @returns undefined if the bytes are no status or hold no ErrorInfo of Heddle with a known reason
 */
export function decodeStatus(bytes: Uint8Array): HeddleError | undefined {
  try {
    return fromStatus(Status.decode(bytes));
  } catch {
    // Trailers of foreign servers are not promised to be a Status: the caller falls back to the bare code.
    return undefined;
  }
}

function fromStatus(status: Status): HeddleError | undefined {
  let reason: Reason | undefined;
  let metadata: Record<string, string> = {};
  let violations: FieldViolation[] = [];
  let retryAfterSeconds: number | undefined;
  for (const { typeUrl, value } of status.details) {
    if (typeUrl === `${TYPE_PREFIX}ErrorInfo`) {
      const info = ErrorInfo.decode(value);
      if (info.domain !== ERROR_DOMAIN || !isReason(info.reason)) return undefined;
      reason = info.reason;
      metadata = info.metadata;
    } else if (typeUrl === `${TYPE_PREFIX}BadRequest`) {
      violations = BadRequest.decode(value).fieldViolations.map(({ field, description }) => ({ field, description }));
    } else if (typeUrl === `${TYPE_PREFIX}RetryInfo`) {
      const delay = RetryInfo.decode(value).retryDelay;
      if (delay !== undefined) retryAfterSeconds = Number(delay.seconds) + delay.nanos / 1e9;
    }
  }
  if (reason === undefined) return undefined;
  return new HeddleError(reason, status.message, {
    metadata,
    violations,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function detail(name: string, writer: { finish(): Uint8Array }): Any {
  return { typeUrl: `${TYPE_PREFIX}${name}`, value: Buffer.from(writer.finish()) };
}
