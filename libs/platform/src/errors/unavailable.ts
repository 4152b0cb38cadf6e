import { types } from 'node:util';
import { GrpcCode, HeddleError, type Reason } from '@heddle/domain';

const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT']);
const TYPEORM_NAMES = new Set([
  'CannotConnectAlreadyConnectedError',
  'CannotExecuteNotConnectedError',
  // What a transaction meets whose connection was cut between two of its queries.
  'QueryRunnerAlreadyReleasedError',
  'QueryRunnerProviderAlreadyReleasedError',
]);
const NATS_NAMES = new Set([
  'NoRespondersError',
  'TimeoutError',
  'ConnectionError',
  'ClosedConnectionError',
  'DrainingConnectionError',
  'RequestError',
  'JetStreamNotEnabled',
]);

/**
 * Tells whether an error means that a server Heddle depends on is away, and which.
 * Such an error is nobody's fault but time's: it is retried, never counted against a task or a message.
 */
export function unavailableReason(error: unknown): Reason | undefined {
  for (const cause of causes(error)) {
    const reason = reasonOf(cause);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function reasonOf(error: Error): Reason | undefined {
  if (HeddleError.is(error)) return error.entry.code === GrpcCode.UNAVAILABLE ? error.reason : undefined;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && isPostgresAway(code)) return 'DATABASE_UNAVAILABLE';
  if (
    /^Connection terminated|^Client has encountered a connection error|timeout exceeded when trying to connect/.test(
      error.message,
    )
  )
    return 'DATABASE_UNAVAILABLE';
  if (TYPEORM_NAMES.has(error.name)) return 'DATABASE_UNAVAILABLE';
  if (NATS_NAMES.has(error.name)) return 'STREAM_UNAVAILABLE';
  if (code === GrpcCode.UNAVAILABLE) return 'WORKFLOWS_UNAVAILABLE';
  if (typeof code === 'string' && NETWORK_CODES.has(code) && 'syscall' in error && error.syscall !== 'open')
    return 'DATABASE_UNAVAILABLE';
  return undefined;
}

/** Classes 08 and 57P (connection, operator intervention) and 53300 (too many connections) of Postgres. */
function isPostgresAway(code: string): boolean {
  return /^08[0-9A-Z]{3}$/.test(code) || /^57P0[1-5]$/.test(code) || code === '53300';
}

function* causes(error: unknown): Generator<Error> {
  const seen = new Set<unknown>();
  let current = error;
  while (types.isNativeError(current) && !seen.has(current)) {
    seen.add(current);
    yield current;
    if ('driverError' in current && types.isNativeError(current.driverError)) yield current.driverError;
    if ('errors' in current && Array.isArray(current.errors)) yield* current.errors.filter(types.isNativeError);
    current = current.cause;
  }
}
