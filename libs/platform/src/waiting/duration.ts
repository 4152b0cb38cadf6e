import type { Duration } from '@heddle/contracts';

export function durationMs(duration: Duration): number {
  return Number(duration.seconds) * 1_000 + Math.floor(duration.nanos / 1e6);
}

export function toDuration(milliseconds: number): Duration {
  const seconds = Math.floor(milliseconds / 1_000);
  return { seconds: String(seconds), nanos: Math.round((milliseconds - seconds * 1_000) * 1e6) };
}
