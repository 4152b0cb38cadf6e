// The public API heddle.v1: every message, enum, service definition and typed client.
export * from './generated/public.js';
export { Duration } from './generated/google/protobuf/duration.js';
export { EVENT_TYPE_PREFIX, STREAMS, SUBJECTS } from './events/streams.js';
