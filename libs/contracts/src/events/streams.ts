/** Streams and subjects of JetStream (one truth for publishers and readers). */
export const STREAMS = { events: 'HEDDLE_EVENTS', logs: 'HEDDLE_LOGS', dead: 'HEDDLE_DEAD' } as const;

export const SUBJECTS = {
  events: 'heddle.events.>',
  event: (aggregate: string, id: string): string => `heddle.events.${aggregate}.${id}`,
  eventsOf: (aggregate: string): string => `heddle.events.${aggregate}.>`,
  logs: 'heddle.logs.>',
  log: (ownerId: string): string => `heddle.logs.${ownerId}`,
  dead: 'heddle.dead.>',
  deadLetter: (consumer: string): string => `heddle.dead.${consumer}`,
} as const;

/** Prefix of every event type on the wire. */
export const EVENT_TYPE_PREFIX = 'heddle.v1.';
