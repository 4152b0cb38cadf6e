import {
  StreamActivitiesRequest,
  StreamActivitiesResponse,
  StreamLogsRequest,
  StreamLogsResponse,
} from '@heddle/contracts';
import type { StreamHandler } from '../dispatch/call.js';
import { activityQuery, lineQuery } from './log-filter.js';
import type { LogReader } from './log-reader.js';

/** `StreamLogs` over gRPC. */
export function streamLogsHandler(reader: LogReader): StreamHandler {
  return async (request, context) => {
    const log = await reader.open(lineQuery(StreamLogsRequest.decode(request)), context.signal);
    return encoded(log.batches, ({ records, complete }) =>
      StreamLogsResponse.encode({ lines: [...records], complete }).finish(),
    );
  };
}

/** `StreamActivities` over gRPC. */
export function streamActivitiesHandler(reader: LogReader): StreamHandler {
  return async (request, context) => {
    const log = await reader.open(activityQuery(StreamActivitiesRequest.decode(request)), context.signal);
    return encoded(log.batches, ({ records, complete }) =>
      StreamActivitiesResponse.encode({ activities: [...records], complete }).finish(),
    );
  };
}

async function* encoded<T>(batches: AsyncIterable<T>, encode: (batch: T) => Uint8Array): AsyncGenerator<Uint8Array> {
  for await (const batch of batches) yield encode(batch);
}
