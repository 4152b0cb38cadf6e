import { StreamEventsRequest } from '@heddle/contracts';
import type { EventReader } from '../events/event-reader.js';
import { inBatches } from '../streams/in-batches.js';
import { SseResponse } from './sse-response.js';
import type { StreamRenderer } from './stream-renderer.js';

const MOST_AT_ONCE = 50;

/** Events over REST: server-sent events without an end. */
export function eventRenderer(reader: EventReader): StreamRenderer {
  return async ({ request, response, call }) => {
    const asked = StreamEventsRequest.decode(call.request);
    const resumed = request.headers['last-event-id'];
    const afterCursor = typeof resumed === 'string' && resumed !== '' ? resumed : asked.afterCursor;
    const events = await reader.open({ ...asked, afterCursor }, call.signal);
    const sse = new SseResponse(response, call.signal);
    for await (const batch of inBatches(events, MOST_AT_ONCE)) {
      await sse.send(batch.map((event) => ({ id: event.cursor, json: JSON.stringify(event) })));
    }
    call.signal.throwIfAborted();
  };
}
