import type { StreamInfo } from '@nats-io/jetstream';

/** Names one life of a stream: sequences of different epochs must never be compared. */
export function streamEpoch(info: StreamInfo): string {
  return Date.parse(info.created).toString(36);
}
