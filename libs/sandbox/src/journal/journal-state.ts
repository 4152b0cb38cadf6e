import type { BoxSpec } from '../drivers/sandbox-driver.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { JournalEntry, ProcessResult, StopReason } from './journal-entry.js';
import { pausedAt, resumedAt, type Pause } from './pauses.js';

export interface ProcessState {
  readonly box: string;
  readonly process: string;
  readonly spools: readonly string[];
  readonly timeoutMs?: number | undefined;
  readonly idleMs?: number | undefined;
  readonly captured?: boolean | undefined;
  readonly drainers: readonly ProcessIdentity[];
  /** Absent: its start was on its way when the record ends. */
  readonly main?: ProcessIdentity;
  readonly startedAt?: number;
  readonly result?: ProcessResult;
  /** What it made is stored as a final checkpoint: its result stands, whatever the host's disk lost since. */
  readonly stored: boolean;
}

export interface CheckpointState {
  readonly number: number;
  readonly commit: string;
  readonly tree: string;
  readonly final: boolean;
  readonly stored?: { readonly ref: string; readonly changeId: string };
}

/** What a journal's lines add up to. */
export interface JournalState {
  readonly boxes: ReadonlyMap<string, BoxSpec>;
  readonly destroyed: ReadonlySet<string>;
  /** Keyed `box/process`, in the order of their starts. */
  readonly processes: ReadonlyMap<string, ProcessState>;
  readonly phases: ReadonlyMap<string, unknown>;
  readonly checkpoints: ReadonlyMap<number, CheckpointState>;
  readonly stopping: StopReason | undefined;
  /** In their order; a stop ends the last one. */
  readonly pauses: readonly Pause[];
  readonly logEnded: boolean;
  readonly released: boolean;
  /** Unix milliseconds; undefined where it goes at once. */
  readonly keptUntil: number | undefined;
}

export function processKey(box: string, process: string): string {
  return `${box}/${process}`;
}

export function foldJournal(entries: readonly JournalEntry[]): JournalState {
  const boxes = new Map<string, BoxSpec>();
  const destroyed = new Set<string>();
  const processes = new Map<string, ProcessState>();
  const phases = new Map<string, unknown>();
  const checkpoints = new Map<number, CheckpointState>();
  /** How many phases were on record when a process ended. */
  const before = new Map<string, number>();
  let stopping: StopReason | undefined;
  let pauses: readonly Pause[] = [];
  let logEnded = false;
  let released = false;
  let keptUntil: number | undefined;
  const change = (box: string, process: string, part: Partial<ProcessState>): void => {
    const key = processKey(box, process);
    const known = processes.get(key) ?? { box, process, spools: [], drainers: [], stored: false };
    processes.set(key, { ...known, ...part });
  };
  for (const entry of entries) {
    switch (entry.type) {
      case 'box':
        boxes.set(entry.box.name, entry.box);
        break;
      case 'destroyed':
        destroyed.add(entry.box);
        break;
      case 'starting':
        // A start that never came to be is tried again under the same name.
        processes.delete(processKey(entry.box, entry.process));
        change(entry.box, entry.process, {
          spools: entry.spools,
          timeoutMs: entry.timeoutMs,
          idleMs: entry.idleMs,
          captured: entry.captured,
          drainers: entry.drainers,
        });
        break;
      case 'started':
        change(entry.box, entry.process, { main: entry.main, startedAt: entry.startedAt });
        break;
      case 'ended': {
        const key = processKey(entry.box, entry.process);
        // An end that is taken back takes with it what was concluded from it.
        if (processes.get(key)?.result !== undefined)
          for (const phase of [...phases.keys()].slice(before.get(key))) phases.delete(phase);
        else before.set(key, phases.size);
        change(entry.box, entry.process, { result: entry.result });
        break;
      }
      case 'stopping':
        stopping ??= entry.reason;
        pauses = resumedAt(pauses, 0);
        break;
      case 'paused':
        if (stopping === undefined) pauses = pausedAt(pauses, entry.since);
        break;
      case 'resumed':
        pauses = resumedAt(pauses, entry.until);
        break;
      case 'phase':
        phases.set(entry.phase, entry.result);
        break;
      case 'checkpoint':
        checkpoints.set(entry.number, {
          number: entry.number,
          commit: entry.commit,
          tree: entry.tree,
          final: entry.final,
        });
        break;
      case 'stored': {
        const checkpoint = checkpoints.get(entry.number);
        if (checkpoint === undefined) break;
        checkpoints.set(entry.number, { ...checkpoint, stored: { ref: entry.ref, changeId: entry.changeId } });
        if (checkpoint.final)
          for (const [key, process] of processes) if (process.result) processes.set(key, { ...process, stored: true });
        break;
      }
      case 'log-ended':
        logEnded = true;
        break;
      case 'kept':
        keptUntil ??= entry.until;
        break;
      case 'released':
        released = true;
        break;
    }
  }
  return { boxes, destroyed, processes, phases, checkpoints, stopping, pauses, logEnded, released, keptUntil };
}
