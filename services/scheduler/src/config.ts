import { z } from 'zod';
import { address, baseSettings, count, loadConfig, port, secret, url } from '@heddle/platform/config';

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
  HEDDLE_RUNNER_POOL: z.string().min(1).default('default'),
} as const;

export type SchedulerConfig = ReturnType<typeof readConfig>;

export function readConfig(env?: NodeJS.ProcessEnv) {
  return loadConfig(shape, env);
}
