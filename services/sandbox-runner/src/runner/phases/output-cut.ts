import type { LimitHit, ProcessResult } from '@heddle/sandbox';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** What is said where a spool did not take everything. */
export function outputCut(sandbox: Sandbox): string {
  return `the output was cut: it is longer than ${String(sandbox.limits.outputBytes)} bytes, or the disk was full`;
}

const MET: Readonly<Record<Exclude<LimitHit, 'OUTPUT_LIMIT'>, string>> = {
  MEMORY_LIMIT: 'its memory was used up, and the kernel ended a process for it',
  DISK_LIMIT: 'its disk was full',
  PROCESS_LIMIT: 'it wanted more processes than it may have',
  IDLE_LIMIT: 'it neither printed nor worked for too long',
  HOST_DISK_FULL: 'the disk of the host did not take what it had written',
};

/** What is said of the limits that a process met, beside a cut output; undefined where there are none. */
export function limitsMet({ limits = [] }: ProcessResult): string | undefined {
  const met = limits.flatMap((limit) => (limit === 'OUTPUT_LIMIT' ? [] : [MET[limit]]));
  return met.length === 0 ? undefined : met.join('; ');
}
