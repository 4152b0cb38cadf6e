import { availableParallelism } from 'node:os';
import { absolutePath, address, baseSettings, count, url } from '@heddle/platform/config';
import { z } from 'zod';

const SLOTS_PER_CORE = 4;

export const runnerSettings = {
  ...baseSettings,
  HEDDLE_NATS_URL: url('nats', 'tls'),
  HEDDLE_NATS_TOKEN: z.string().optional(),
  HEDDLE_TEMPORAL_ADDRESS: address(),
  HEDDLE_TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  HEDDLE_SCHEDULER_ADDRESS: address(),
  HEDDLE_REVIEW_ADDRESS: address(),
  HEDDLE_SUPERVISOR_SOCKET: absolutePath(),
  /** How many sandboxes this host takes at once. */
  HEDDLE_RUNNER_SLOTS: count(1).default(SLOTS_PER_CORE * availableParallelism()),
  HEDDLE_RUNNER_POOL: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, - and _')
    .default('default'),
} as const;

export type RunnerConfig = Readonly<z.infer<z.ZodObject<typeof runnerSettings>>>;

/** Injects the `RunnerConfig`. */
export const RUNNER_CONFIG = Symbol('runner config');
