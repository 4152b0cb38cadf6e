import type { Duration, SandboxLimits } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';
import { durationMs } from '@heddle/platform/waiting';
import type { SchedulerConfig } from '../config.js';

/** What no environment may go beyond; durations in seconds. */
export type PlatformMaxima = Pick<
  SchedulerConfig,
  | 'HEDDLE_MAX_MEMORY_BYTES'
  | 'HEDDLE_MAX_PROCESSES'
  | 'HEDDLE_MAX_OUTPUT_BYTES'
  | 'HEDDLE_MAX_DURATION'
  | 'HEDDLE_MAX_CPU_MILLIS'
  | 'HEDDLE_MAX_DISK_BYTES'
  | 'HEDDLE_MAX_DISK_INODES'
  | 'HEDDLE_MAX_OPEN_FILES'
  | 'HEDDLE_MAX_IDLE_DURATION'
  | 'HEDDLE_MAX_KEEP_DURATION'
>;

const COUNTS = {
  memoryBytes: 'HEDDLE_MAX_MEMORY_BYTES',
  processes: 'HEDDLE_MAX_PROCESSES',
  outputBytes: 'HEDDLE_MAX_OUTPUT_BYTES',
  cpuMillis: 'HEDDLE_MAX_CPU_MILLIS',
  diskBytes: 'HEDDLE_MAX_DISK_BYTES',
  diskInodes: 'HEDDLE_MAX_DISK_INODES',
  openFiles: 'HEDDLE_MAX_OPEN_FILES',
} as const satisfies Partial<Record<keyof SandboxLimits, keyof PlatformMaxima>>;

/** Zero is the platform's default, so it is never beyond a maximum. */
export function limitViolations(
  limits: SandboxLimits | undefined,
  maxima: PlatformMaxima,
  field: string,
): FieldViolation[] {
  if (limits === undefined) return [];
  const counts = Object.entries(COUNTS).flatMap(([name, setting]) =>
    countViolations(BigInt(limits[name as keyof typeof COUNTS]), maxima[setting], setting, `${field}.${snake(name)}`),
  );
  return [
    ...counts,
    ...durationViolations(limits.duration, maxima.HEDDLE_MAX_DURATION, 'HEDDLE_MAX_DURATION', `${field}.duration`),
    ...durationViolations(
      limits.idleDuration,
      maxima.HEDDLE_MAX_IDLE_DURATION,
      'HEDDLE_MAX_IDLE_DURATION',
      `${field}.idle_duration`,
    ),
  ];
}

/** @param maximum seconds; the message names it and the setting that it comes from */
export function durationViolations(
  duration: Duration | undefined,
  maximum: number,
  setting: keyof PlatformMaxima,
  field: string,
): FieldViolation[] {
  if (duration === undefined) return [];
  const milliseconds = durationMs(duration);
  if (milliseconds > 0 && milliseconds <= maximum * 1_000) return [];
  return [
    { field, description: `must be more than 0 and at most ${String(maximum)} s, the platform's maximum (${setting})` },
  ];
}

function countViolations(value: bigint, maximum: number, setting: string, field: string): FieldViolation[] {
  if (value < 0n) return [{ field, description: 'must not be negative' }];
  if (value <= BigInt(maximum)) return [];
  return [{ field, description: `must be at most ${String(maximum)}, the platform's maximum (${setting})` }];
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
