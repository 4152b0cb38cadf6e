import type { Heir } from './leftovers.js';
import type { ServiceDefinition } from './service-table.js';

export function serviceHeir({ name, entry, stop, takeOver }: ServiceDefinition): Heir {
  return { name, recognisedBy: `/${entry}`, stop, takeOver };
}

/** The embedded servers are ended in order too: their data survive a kill, but an orderly end spares the recovery. */
export const SERVER_HEIRS: readonly Heir[] = [
  { name: 'postgres', recognisedBy: '/postgres', stop: { signal: 'SIGINT', deadlineMs: 15_000 } },
  { name: 'nats', recognisedBy: '/nats-server', stop: { signal: 'SIGTERM', deadlineMs: 10_000 } },
  { name: 'temporal', recognisedBy: '/temporal', stop: { signal: 'SIGTERM', deadlineMs: 10_000 } },
];
