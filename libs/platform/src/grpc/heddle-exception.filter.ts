import { Metadata } from '@grpc/grpc-js';
import { Catch, type ArgumentsHost, type RpcExceptionFilter } from '@nestjs/common';
import type { HeddleError } from '@heddle/domain';
import { throwError, type Observable } from 'rxjs';
import { encodeStatus, STATUS_DETAILS_KEY } from '../errors/status-details.js';
import { toHeddleError } from '../errors/to-heddle-error.js';
import type { Logger } from '../logging/create-logger.js';

/** What grpc-js sends as trailers. */
export interface GrpcFailure {
  readonly code: number;
  readonly message: string;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The trailers of an error: code, text, and `google.rpc.Status` with exactly one ErrorInfo. */
export function toGrpcFailure(error: HeddleError): GrpcFailure {
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS_KEY, encodeStatus(error));
  return { code: error.entry.code, message: error.message, details: error.message, metadata };
}

/** Nest's last word on a failed rpc. Unknown errors are logged here with the id that the client is given. */
@Catch()
export class HeddleExceptionFilter implements RpcExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, _host: ArgumentsHost): Observable<never> {
    const error = toHeddleError(thrown);
    if (error.reason === 'INTERNAL')
      this.logger.error({ err: error.cause ?? error, ...error.metadata }, 'a call failed for an unexpected reason');
    else this.logger.debug({ reason: error.reason, err: error.cause }, error.message);
    return throwError(() => toGrpcFailure(error));
  }
}
