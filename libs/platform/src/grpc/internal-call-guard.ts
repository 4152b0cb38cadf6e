import { timingSafeEqual, createHash } from 'node:crypto';
import {
  Metadata,
  status,
  type ServiceDefinition,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { requestContext } from '../context/request-context.js';
import { METADATA_KEYS, incomingContext, word } from './call-metadata.js';

type Guard = (definition: ServiceDefinition, handlers: UntypedServiceImplementation) => UntypedServiceImplementation;

interface AnyCall {
  readonly metadata: Metadata;
  emit(event: 'error', error: unknown): boolean;
}

type AnyHandler = (call: AnyCall, callback?: (error: unknown) => void) => unknown;

/** Refuses calls without the installation's internal token and runs the others in the context that they carry. */
export function internalCallGuard(internalToken: string): Guard {
  const expected = digest(internalToken);
  return (_definition, handlers) =>
    Object.fromEntries(
      Object.entries(handlers).map(([name, handler]) => [
        name,
        guarded(handler as unknown as AnyHandler, expected) as unknown as UntypedHandleCall,
      ]),
    );
}

function guarded(handler: AnyHandler, expected: Buffer): AnyHandler {
  return (call, callback) => {
    const given = word(call.metadata, METADATA_KEYS.internalToken);
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      const refusal = {
        code: status.UNAUTHENTICATED,
        details: 'This port is for the services of the installation',
        metadata: new Metadata(),
      };
      if (callback === undefined) call.emit('error', refusal);
      else callback(refusal);
      return undefined;
    }
    return requestContext.run(incomingContext(call.metadata), () => handler(call, callback));
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
