import { fromJson, toBinary } from '@bufbuild/protobuf';
import { Event, StreamEventsRequest, StreamEventsResponse } from '@heddle/contracts';
import { descriptorRegistry, messageDescriptor } from '@heddle/contracts/json';
import type { StreamHandler } from '../dispatch/call.js';
import { inBatches } from '../streams/in-batches.js';
import type { DeliveredEvent, EventReader } from './event-reader.js';

const MOST_PER_MESSAGE = 50;

/** `StreamEvents` over gRPC. */
export function streamEventsHandler(reader: EventReader): StreamHandler {
  return async (request, context) => {
    const events = await reader.open(StreamEventsRequest.decode(request), context.signal);
    return encoded(events);
  };
}

async function* encoded(events: AsyncIterable<DeliveredEvent>): AsyncGenerator<Uint8Array, void> {
  for await (const batch of inBatches(events, MOST_PER_MESSAGE)) {
    yield StreamEventsResponse.encode({ events: batch.map(toMessage) }).finish();
  }
}

function toMessage(event: DeliveredEvent): Event {
  const descriptor = messageDescriptor('heddle.v1.Event');
  // The service that wrote the event may know fields that this gateway does not.
  return Event.decode(
    toBinary(
      descriptor,
      fromJson(descriptor, { ...event }, { registry: descriptorRegistry(), ignoreUnknownFields: true }),
    ),
  );
}
