import { randomUUID } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { isTraceparent, newTraceparent } from '@heddle/platform/context';
import type { RpcMethod } from '../catalog/method-catalog.js';
import type { IncomingCall } from '../dispatch/call.js';
import { isRequestId } from '../dispatch/request-id.js';

export interface AnyCall {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
  sendMetadata(metadata: Metadata): void;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** All of a call but its requests. */
export type CallFrame = Omit<IncomingCall, 'request'>;

/** What the dispatcher is told of a gRPC call. Its signal fires when the client goes away or the door closes. */
export function callFrame(method: RpcMethod, call: AnyCall, closing: AbortSignal): CallFrame {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  const requestId = word(call.metadata, 'x-request-id');
  const traceparent = word(call.metadata, 'traceparent');
  const deadline = call.getDeadline();
  return {
    method,
    authorization: word(call.metadata, 'authorization'),
    requestId: isRequestId(requestId) ? requestId : randomUUID(),
    traceparent: isTraceparent(traceparent) ? traceparent : newTraceparent(),
    deadline: typeof deadline === 'number' ? deadline : deadline.getTime(),
    signal: AbortSignal.any([gone.signal, closing]),
  };
}

function word(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key)[0];
  return typeof value === 'string' ? value : undefined;
}
