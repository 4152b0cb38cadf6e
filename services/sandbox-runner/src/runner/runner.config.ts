import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { absolutePath, address, baseSettings, count, list, url } from '@heddle/platform/config';
import { z } from 'zod';
import type { TurnLimits } from './phases/turn-watch.js';
import type { LimitDefaults } from './sandboxes/sandbox-limits.js';
import type { TerminalSettings } from './terminals/open-kept.js';

const SLOTS_PER_CORE = 4;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Half of what this host (or the container that it runs in) has: one sandbox alone never starves the platform. */
function defaultMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
  return Math.max(GIB, Math.floor(memory / 2 / MIB) * MIB);
}

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
  /** What the layers of set-ups may take on this host's disk; those in use stay whatever they take. */
  HEDDLE_LAYER_BUDGET_BYTES: count(0).default(20 * 1024 ** 3),
  /** Where the lock files of the agents' pinned programs are. */
  HEDDLE_AGENT_PACKAGES: absolutePath().default(fileURLToPath(new URL('../../../../deploy/agents', import.meta.url))),
  /** Hosts (`host` or `host:port`, with commas between) that rules may open although their addresses are private. */
  HEDDLE_EGRESS_PRIVATE_HOSTS: list().default([]),
  /**
   * Seconds that an agent's request may wait for its turn at its model; less than the agents' programs are patient. 0:
   * each goes out at once, and its agent hears of each refusal.
   */
  HEDDLE_MODEL_WAIT_DURATION: count().default(180),
  HEDDLE_RUNNER_POOL: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, - and _')
    .default('default'),
  /** Limits of a sandbox whose environment says nothing of them; 0 for processors and idle time: none. */
  HEDDLE_LIMIT_MEMORY_BYTES: count(64 * MIB).default(defaultMemoryBytes()),
  HEDDLE_LIMIT_PROCESSES: count(16).default(4_096),
  HEDDLE_LIMIT_OUTPUT_BYTES: count(1).default(64 * MIB),
  HEDDLE_LIMIT_CPU_MILLIS: count().default(0),
  HEDDLE_LIMIT_DISK_BYTES: count(16 * MIB).default(10 * GIB),
  HEDDLE_LIMIT_DISK_INODES: count(1_000).default(1_000_000),
  HEDDLE_LIMIT_OPEN_FILES: count(64).default(65_536),
  /** Seconds. */
  HEDDLE_LIMIT_IDLE_DURATION: count().default(0),
  /** Seconds that an agent's program may stay once its protocol has said that the turn is over; 0: for ever. */
  HEDDLE_AGENT_EXIT_GRACE: count().default(15),
  /** How often in a row an agent may do the same with the same outcome before it counts as stuck; 0: for ever. */
  HEDDLE_AGENT_REPEAT_LIMIT: count().default(20),
  /** Terminals that people may have open at once in kept sandboxes of this host; 0: none. */
  HEDDLE_TERMINALS: count().default(8),
  /** Seconds without input and output after which a terminal is closed, and those that it may be open. */
  HEDDLE_TERMINAL_IDLE_DURATION: count(1).default(15 * 60),
  HEDDLE_TERMINAL_MAX_DURATION: count(1).default(4 * 3_600),
} as const;

export type RunnerConfig = Readonly<z.infer<z.ZodObject<typeof runnerSettings>>>;

export function limitDefaults(config: RunnerConfig): LimitDefaults {
  return {
    memoryBytes: config.HEDDLE_LIMIT_MEMORY_BYTES,
    processes: config.HEDDLE_LIMIT_PROCESSES,
    outputBytes: config.HEDDLE_LIMIT_OUTPUT_BYTES,
    cpuMillis: config.HEDDLE_LIMIT_CPU_MILLIS,
    diskBytes: config.HEDDLE_LIMIT_DISK_BYTES,
    diskInodes: config.HEDDLE_LIMIT_DISK_INODES,
    openFiles: config.HEDDLE_LIMIT_OPEN_FILES,
    idleMs: config.HEDDLE_LIMIT_IDLE_DURATION * 1_000,
  };
}

export function turnLimits(config: RunnerConfig): TurnLimits {
  return { exitGraceMs: config.HEDDLE_AGENT_EXIT_GRACE * 1_000, repeats: config.HEDDLE_AGENT_REPEAT_LIMIT };
}

export function terminalSettings(config: RunnerConfig): TerminalSettings {
  return {
    socketPath: config.HEDDLE_SUPERVISOR_SOCKET,
    most: config.HEDDLE_TERMINALS,
    idleMs: config.HEDDLE_TERMINAL_IDLE_DURATION * 1_000,
    limitMs: config.HEDDLE_TERMINAL_MAX_DURATION * 1_000,
  };
}

/** Injects the `RunnerConfig`. */
export const RUNNER_CONFIG = Symbol('runner config');
