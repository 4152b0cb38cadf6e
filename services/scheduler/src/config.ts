import { z } from 'zod';
import {
  absolutePath,
  address,
  baseSettings,
  count,
  list,
  loadConfig,
  port,
  secret,
  url,
} from '@heddle/platform/config';

const GIB = 1024 ** 3;

const shape = {
  ...baseSettings,
  HEDDLE_DATABASE_URL: url('postgres', 'postgresql'),
  HEDDLE_NATS_URL: url('nats', 'tls'),
  HEDDLE_NATS_TOKEN: secret().optional(),
  HEDDLE_TEMPORAL_ADDRESS: address(),
  HEDDLE_TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  HEDDLE_SCHEDULER_PORT: port(),
  HEDDLE_REVIEW_ADDRESS: address(),
  /** Seconds that a phase may be silent before its runner process counts as lost. */
  HEDDLE_HEARTBEAT_TIMEOUT: count(2).default(45),
  /** Seconds that the turns of an attempt may take together where the environment does not say. */
  HEDDLE_ATTEMPT_TIME_LIMIT: count(1).default(7_200),
  HEDDLE_MAX_MEMORY_BYTES: count(1).default(64 * GIB),
  HEDDLE_MAX_PROCESSES: count(1).default(32_768),
  HEDDLE_MAX_OUTPUT_BYTES: count(1).default(GIB),
  /** Seconds that an environment may give to the turns of an attempt, and to its set-up. */
  HEDDLE_MAX_DURATION: count(1).default(86_400),
  HEDDLE_MAX_CPU_MILLIS: count(1).default(64_000),
  HEDDLE_MAX_DISK_BYTES: count(1).default(256 * GIB),
  HEDDLE_MAX_DISK_INODES: count(1).default(10_000_000),
  HEDDLE_MAX_OPEN_FILES: count(1).default(1_048_576),
  /** Seconds. */
  HEDDLE_MAX_IDLE_DURATION: count(1).default(86_400),
  /** Seconds that a sandbox may be kept after its attempt's end. */
  HEDDLE_MAX_KEEP_DURATION: count(1).default(604_800),
  /** Keys that the secrets are under; made with the first secret. */
  HEDDLE_SECRETS_KEY_FILE: absolutePath().optional(),
  /** Hosts (`host` or `host:port`, with commas between) of which a credential's address may be in the clear. */
  HEDDLE_EGRESS_PRIVATE_HOSTS: list().default([]),
  HEDDLE_RUNNER_POOL: z.string().min(1).default('default'),
} as const;

export type SchedulerConfig = ReturnType<typeof readConfig>;

export function readConfig(env?: NodeJS.ProcessEnv) {
  return loadConfig(shape, env);
}
