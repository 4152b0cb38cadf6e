export { answerOnce, type OnceCall } from './answer-once.js';
export { appendEvent, appendEvents, eventId, type NewEvent } from './append-event.js';
export { oncePerVersion, VersionGapError, type InboxMessage } from './inbox.js';
export { oncePerRequest, recordedAnswer, type RequestKey } from './once-per-request.js';
export { OutboxRelay, type OutboxRelaySettings } from './outbox-relay.js';
export { createOutboxTables, dropOutboxTables } from './outbox-tables.js';
