import { types } from 'node:util';
import { status, type Metadata } from '@grpc/grpc-js';
import { HeddleError, type Reason } from '@heddle/domain';
import { decodeStatus, STATUS_DETAILS_KEY } from '../../errors/status-details.js';

const BARE_CODES: Readonly<Partial<Record<number, Reason>>> = {
  [status.CANCELLED]: 'CANCELLED',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.UNAVAILABLE]: 'SERVICE_UNAVAILABLE',
  [status.UNIMPLEMENTED]: 'NOT_AVAILABLE',
  [status.RESOURCE_EXHAUSTED]: 'REQUEST_TOO_LARGE',
};

/** What grpc-js rejects with, as far as it is read here. */
interface CallFailure {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}

/** The HeddleError that another service answered with; transport failures get the reason of their bare code. */
export function fromServiceError(error: unknown): HeddleError {
  if (HeddleError.is(error)) return error;
  if (!isCallFailure(error)) return new HeddleError('INTERNAL', 'A call to another service failed', { cause: error });
  const trailer = error.metadata?.get(STATUS_DETAILS_KEY)[0];
  const told = trailer instanceof Uint8Array ? decodeStatus(trailer) : undefined;
  if (told !== undefined) return told;
  const reason = BARE_CODES[error.code] ?? 'INTERNAL';
  const text = reason === 'SERVICE_UNAVAILABLE' ? 'A service that is needed is not reachable' : error.details;
  return new HeddleError(reason, text, { cause: error });
}

function isCallFailure(error: unknown): error is CallFailure {
  return (
    types.isNativeError(error) &&
    'code' in error &&
    typeof error.code === 'number' &&
    'details' in error &&
    typeof error.details === 'string'
  );
}
