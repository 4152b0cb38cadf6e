import type { EgressReason, EgressRecord } from '@heddle/egress';

/** A line of a sandbox's `egress.jsonl`. */
export interface RecordedRequest extends Omit<EgressRecord, 'reason'> {
  /** From 1, without gaps within the sandbox. */
  readonly sequence: number;
  readonly phase: 'SETUP' | 'AGENT';
  /** RECORD_LIMIT: with this one so many are on record that no more are served. */
  readonly reason?: EgressReason | 'RECORD_LIMIT';
}
