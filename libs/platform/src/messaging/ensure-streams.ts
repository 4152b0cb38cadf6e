import {
  DiscardPolicy,
  jetstreamManager,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { STREAMS, SUBJECTS } from '@heddle/contracts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const STREAM_NAME_IN_USE = 10058;

type Definition = Pick<StreamConfig, 'name' | 'subjects'> & Partial<StreamConfig>;

const COMMON = { storage: StorageType.File, retention: RetentionPolicy.Limits, num_replicas: 1 } as const;

const DEFINITIONS: readonly Definition[] = [
  {
    ...COMMON,
    name: STREAMS.events,
    subjects: [SUBJECTS.events],
    max_age: nanos(7 * DAY_MS),
    duplicate_window: nanos(10 * MINUTE_MS),
    discard: DiscardPolicy.Old,
    allow_direct: true,
  },
  // Nothing of it may vanish before it is sealed elsewhere: when it is full, writers keep their lines in their spools.
  {
    ...COMMON,
    name: STREAMS.logs,
    subjects: [SUBJECTS.logs],
    duplicate_window: nanos(2 * MINUTE_MS),
    discard: DiscardPolicy.New,
    allow_direct: true,
  },
  {
    ...COMMON,
    name: STREAMS.dead,
    subjects: [SUBJECTS.dead],
    max_age: nanos(30 * DAY_MS),
    duplicate_window: nanos(2 * MINUTE_MS),
    discard: DiscardPolicy.Old,
  },
];

/** Makes Heddle's streams where they are missing and brings their settings up to date. Every service may call it at its start. */
export async function ensureStreams(nc: NatsConnection): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  for (const definition of DEFINITIONS) {
    try {
      await jsm.streams.add(definition);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error;
      await jsm.streams.update(definition.name, definition);
    }
  }
}
