import { types } from 'node:util';
import { Status } from '@heddle/contracts/rpc';
import { type HeddleError } from '@heddle/domain';
import { encodeStatus, STATUS_DETAILS_KEY, toHeddleError } from '@heddle/platform/errors';
import { fromServiceError } from '@heddle/platform/grpc-client';
import type { Logger } from '@heddle/platform/logging';

/** The `google.rpc.Status` of whatever went wrong, the same for both doors. Unexpected errors are logged here. */
export function toFailure(error: unknown, logger: Logger): Status {
  const told = statusOfService(error);
  if (told !== undefined) return told;
  const known = isServiceError(error) ? fromBareCode(error) : toHeddleError(error);
  if (known.reason === 'INTERNAL')
    logger.error({ err: known.cause ?? known, ...known.metadata }, 'a call failed for an unexpected reason');
  return Status.decode(encodeStatus(known));
}

interface ServiceFailure {
  readonly code: number;
  readonly metadata: { get(key: string): unknown[] };
}

/** What a service told with details is passed on as it is: its reasons may be newer than this gateway. */
function statusOfService(error: unknown): Status | undefined {
  if (!isServiceError(error)) return undefined;
  const bytes = error.metadata.get(STATUS_DETAILS_KEY)[0];
  if (!(bytes instanceof Uint8Array)) return undefined;
  const status = Status.decode(bytes);
  return status.details.some((detail) => detail.typeUrl.endsWith('/google.rpc.ErrorInfo')) ? status : undefined;
}

function fromBareCode(error: unknown): HeddleError {
  const known = fromServiceError(error);
  // What a service says without a reason of ours is not for the outside.
  return known.reason === 'INTERNAL'
    ? toHeddleError(new Error('a service answered without a reason', { cause: error }))
    : known;
}

function isServiceError(error: unknown): error is ServiceFailure {
  return (
    types.isNativeError(error) &&
    'code' in error &&
    typeof error.code === 'number' &&
    'metadata' in error &&
    typeof error.metadata === 'object'
  );
}
