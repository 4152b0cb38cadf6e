import { StreamLogsRequest, StreamLogsResponse } from '@heddle/contracts';
import type { StreamHandler } from '../dispatch/call.js';
import type { LogReader } from './log-reader.js';

/** `StreamLogs` over gRPC. */
export function streamLogsHandler(reader: LogReader): StreamHandler {
  return async (request, context) => {
    const log = await reader.open(StreamLogsRequest.decode(request), context.signal);
    return encoded(log.batches);
  };
}

async function* encoded(batches: AsyncIterable<StreamLogsResponse>): AsyncGenerator<Uint8Array, void> {
  for await (const batch of batches) yield StreamLogsResponse.encode(batch).finish();
}
