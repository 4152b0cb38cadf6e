import { z } from 'zod';
import { address, baseSettings, list, loadConfig, port, secret, url } from '@heddle/platform/config';

const shape = {
  ...baseSettings,
  HEDDLE_DATABASE_URL: url('postgres', 'postgresql'),
  HEDDLE_NATS_URL: url('nats', 'tls'),
  HEDDLE_NATS_TOKEN: secret().optional(),
  HEDDLE_TEMPORAL_ADDRESS: address(),
  HEDDLE_TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  HEDDLE_REVIEW_PORT: port(),
  HEDDLE_SCHEDULER_ADDRESS: address(),
  /** Where the public doors listen. */
  HEDDLE_HOST: z.string().min(1).default('127.0.0.1'),
  /** Directories below which a path may be a repository; see `repositoryRoots` for what holds when unset. */
  HEDDLE_REPOSITORY_ROOTS: list().optional(),
  /** Hosts with private addresses that may be remotes. */
  HEDDLE_REPOSITORY_HOSTS: list().optional(),
  HEDDLE_RUNNER_POOL: z.string().min(1).default('default'),
  /** How many runs of attempts' tests over each other's work a ranking may ask for; 0: none. */
  HEDDLE_RANKING_TRIALS: z.coerce.number().int().min(0).max(1_000).default(40),
} as const;

export type ReviewConfig = ReturnType<typeof readConfig>;

export function readConfig(env?: NodeJS.ProcessEnv) {
  return loadConfig(shape, env);
}
