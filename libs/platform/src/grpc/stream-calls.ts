import { once } from 'node:events';
import type { ServerDuplexStream, ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js';
import { HeddleError } from '@heddle/domain';
import type { GrpcFailure } from './heddle-exception.filter.js';

/** The client's messages, read one at a time. @throws HeddleError CANCELLED if the client goes away before its end */
export async function* pulled(
  call: ServerReadableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
): AsyncGenerator {
  try {
    for await (const message of call) yield message;
  } catch (error) {
    if (call.cancelled) throw new HeddleError('CANCELLED', 'The caller went away', { cause: error });
    throw error;
  }
}

/** Writes the messages as fast as the client reads them, then ends the call; ends it with what `failure` makes of a thrown error. */
export async function writeAll(
  call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  messages: AsyncIterable<unknown>,
  failure: (thrown: unknown) => GrpcFailure,
): Promise<void> {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  try {
    for await (const message of messages) {
      if (call.cancelled) return;
      if (!call.write(message)) await once(call, 'drain', { signal: gone.signal });
    }
    call.end();
  } catch (error) {
    if (!call.cancelled) call.emit('error', failure(error));
  }
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
