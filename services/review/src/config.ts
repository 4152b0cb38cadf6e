import { z } from 'zod';
import { address, baseSettings, count, list, loadConfig, port, secret, url } from '@heddle/platform/config';
import { driverCommand } from './structural-merge/driver-command.js';

const MIB = 1024 * 1024;

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
  /** The command of a structural merge driver; absent: there is none. */
  HEDDLE_STRUCTURAL_MERGE: driverCommand().optional(),
  /** Seconds that it may take for one file. */
  HEDDLE_STRUCTURAL_MERGE_TIMEOUT: z.coerce.number().int().min(1).max(60).default(10),
  /** Of each of its processes. */
  HEDDLE_STRUCTURAL_MERGE_MEMORY_BYTES: count(64 * MIB).default(1024 * MIB),
  /** Of each version of a file; it is not asked for larger ones. */
  HEDDLE_STRUCTURAL_MERGE_FILE_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(64 * MIB)
    .default(MIB),
} as const;

export type ReviewConfig = ReturnType<typeof readConfig>;

export function readConfig(env?: NodeJS.ProcessEnv) {
  return loadConfig(shape, env);
}
