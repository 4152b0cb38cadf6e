import type { ProcessResult } from '@heddle/sandbox';
import type { WatchedProcess } from './watched-process.js';

/** A process of a sandbox, running or not. */
export interface Entry {
  readonly box: string;
  readonly startedAt: number;
  readonly process: WatchedProcess | undefined;
  readonly result: Promise<ProcessResult>;
}

export function ended(box: string, result: ProcessResult, startedAt = result.endedAt): Entry {
  return { box, startedAt, process: undefined, result: Promise.resolve(result) };
}
