import type { BoxSpec } from '../drivers/sandbox-driver.js';
import type { ProcessIdentity } from '../process/process-identity.js';

export type StopReason = 'CANCELLED' | 'SIBLING_PASSED' | 'TIME_LIMIT' | 'BUDGET_EXHAUSTED' | 'INTERRUPTED';

/**
 * What stood in the way of a process. HOST_DISK_FULL is no limit of its own: the host did not take what the box had
 * written.
 */
export type LimitHit =
  'MEMORY_LIMIT' | 'DISK_LIMIT' | 'PROCESS_LIMIT' | 'OUTPUT_LIMIT' | 'IDLE_LIMIT' | 'HOST_DISK_FULL';

/** What a process's box has used; what is absent the host can't count. */
export interface ProcessUsage {
  readonly peakMemoryBytes?: number | undefined;
  readonly peakProcesses?: number | undefined;
  readonly cpuMs?: number | undefined;
  /** The largest of those that were looked at. */
  readonly peakDiskBytes?: number | undefined;
  readonly peakDiskInodes?: number | undefined;
  readonly outputBytes: number;
  readonly wallMs: number;
  /** Unix milliseconds. */
  readonly sampledAt: number;
}

/** How a process of a box ended, as the platform saw it. */
export interface ProcessResult {
  /**
   * STOPPED: by a stop of the sandbox; TIMED_OUT: by its own time limit; LIMITED: by the first of `limits`; ENDED: by the
   * platform, for what it had printed; INTERRUPTED: the platform or its host went down, so it may run again; LOST: it is
   * gone and nothing on record says how.
   */
  readonly outcome: 'EXITED' | 'STOPPED' | 'TIMED_OUT' | 'LIMITED' | 'ENDED' | 'INTERRUPTED' | 'LOST';
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stopReason?: StopReason | undefined;
  /** Unix milliseconds. */
  readonly startedAt?: number | undefined;
  readonly endedAt: number;
  readonly outputTruncated: boolean;
  /** The strongest first; only what explains the end, or what is missing. */
  readonly limits?: readonly LimitHit[] | undefined;
  readonly usage?: ProcessUsage | undefined;
}

/**
 * One line of a sandbox's journal: something that is true from now on. The supervisor writes what it did, the runner
 * what it stored; a line is written before anyone is told, and some are on the disk itself (`mustSurvivePowerLoss`).
 */
export type JournalEntry =
  | { readonly type: 'box'; readonly box: BoxSpec }
  | {
      readonly type: 'starting';
      readonly box: string;
      readonly process: string;
      readonly spools: readonly string[];
      readonly timeoutMs?: number | undefined;
      readonly idleMs?: number | undefined;
      readonly captured?: boolean | undefined;
      readonly drainers: readonly ProcessIdentity[];
    }
  | {
      readonly type: 'started';
      readonly box: string;
      readonly process: string;
      readonly main: ProcessIdentity;
      readonly startedAt: number;
    }
  /** From now on nothing of the sandbox may run; what was running ends as STOPPED. */
  | { readonly type: 'stopping'; readonly reason: StopReason }
  /** From now on nothing of the sandbox runs, until it is resumed or stopped. `since`, `until`: Unix milliseconds. */
  | { readonly type: 'paused'; readonly since: number }
  | { readonly type: 'resumed'; readonly until: number }
  | { readonly type: 'ended'; readonly box: string; readonly process: string; readonly result: ProcessResult }
  | { readonly type: 'destroyed'; readonly box: string }
  /** A phase's answer, given again to whoever asks again. */
  | { readonly type: 'phase'; readonly phase: string; readonly result: unknown }
  /** A checkpoint's number is taken, whatever becomes of it. */
  | {
      readonly type: 'checkpoint';
      readonly number: number;
      readonly commit: string;
      readonly tree: string;
      readonly final: boolean;
    }
  | { readonly type: 'stored'; readonly number: number; readonly ref: string; readonly changeId: string }
  | { readonly type: 'log-ended' }
  /** Its files stay for inspection until then (Unix milliseconds), if the disk's room allows. */
  | { readonly type: 'kept'; readonly until: number }
  | { readonly type: 'released' };

/**
 * A written line outlives every process of the platform; only the loss of the host's power takes it back, if it was not
 * synced. By then all that ran is dead, and what is not stored is done again from the start, so most lines may be lost.
 * Not those on which somebody else relies already, or that can't be found again.
 */
const RELIED_UPON: ReadonlySet<JournalEntry['type']> = new Set([
  // What was cancelled would start again.
  'stopping',
  // Review would refuse another tree under a number that it knows.
  'checkpoint',
  // Nobody would ask for it any more, and it would keep its slot.
  'released',
]);

export function mustSurvivePowerLoss(entry: JournalEntry): boolean {
  // With a capture's answer what it stored: a second one would take a tree that the loss may have damaged.
  return RELIED_UPON.has(entry.type) || (entry.type === 'phase' && entry.phase.startsWith('capture/'));
}

/** Nobody waits for it, but a box in which something has run must not be taken for a fresh one. */
export function isSyncedBehind(entry: JournalEntry): boolean {
  return entry.type === 'started';
}
