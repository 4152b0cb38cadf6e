import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { requestContext, type RequestContext } from '../context/request-context.js';
import { isTraceparent, newTraceparent } from '../context/traceparent.js';

/** The names under which services tell each other who asks. */
export const METADATA_KEYS = {
  internalToken: 'heddle-internal-token',
  principal: 'heddle-principal',
  role: 'heddle-role',
  requestId: 'heddle-request-id',
  traceparent: 'traceparent',
} as const;

/** Metadata of an internal call made in the present request context. */
export function outgoingMetadata(internalToken: string): Metadata {
  const context = requestContext.get();
  const metadata = new Metadata();
  metadata.set(METADATA_KEYS.internalToken, internalToken);
  metadata.set(METADATA_KEYS.requestId, context?.requestId || randomUUID());
  metadata.set(METADATA_KEYS.traceparent, context?.traceparent || newTraceparent());
  if (context?.principal) metadata.set(METADATA_KEYS.principal, context.principal);
  if (context?.role) metadata.set(METADATA_KEYS.role, context.role);
  return metadata;
}

/** The request context that an internal call carries; what is missing is made. */
export function incomingContext(metadata: Metadata): RequestContext {
  const traceparent = word(metadata, METADATA_KEYS.traceparent);
  return {
    requestId: word(metadata, METADATA_KEYS.requestId) ?? randomUUID(),
    principal: word(metadata, METADATA_KEYS.principal) ?? '',
    role: word(metadata, METADATA_KEYS.role) ?? '',
    traceparent: isTraceparent(traceparent) ? traceparent : newTraceparent(),
  };
}

/** The first value of a textual key, or undefined. */
export function word(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key)[0];
  return typeof value === 'string' ? value : undefined;
}
