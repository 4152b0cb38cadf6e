import type { BoxUsage, LimitHit, ProcessResult } from '@heddle/sandbox';

export interface LimitEvidence {
  readonly outcome: ProcessResult['outcome'];
  readonly exitCode: number | undefined;
  /** For what the platform ended it. */
  readonly forced: LimitHit | undefined;
  readonly counted: BoxUsage;
  /** At one of the looks while it ran. */
  readonly diskWasFull: boolean;
  /** The host took all that the box had written. */
  readonly isWhole: boolean;
  readonly outputCut: boolean;
}

/**
 * What explains how a process ended, the strongest first. A limit that it met and bore is none: compilers try for memory,
 * shells for processes. A disk that is full at the end is one whatever the exit code: what was meant to be there is not.
 */
export function limitsHit(evidence: LimitEvidence): LimitHit[] {
  const { counted, forced } = evidence;
  // What was ended for what it had printed says itself whether it had failed.
  const failed = evidence.outcome !== 'ENDED' && (evidence.outcome !== 'EXITED' || evidence.exitCode !== 0);
  const hits = new Set<LimitHit>();
  if (forced !== undefined) hits.add(forced);
  if (!evidence.isWhole) hits.add('HOST_DISK_FULL');
  if (failed && (counted.oomKills ?? 0) > 0) hits.add('MEMORY_LIMIT');
  if (counted.disk?.full === true || (failed && evidence.diskWasFull)) hits.add('DISK_LIMIT');
  if (failed && (counted.refusedProcesses ?? 0) > 0) hits.add('PROCESS_LIMIT');
  if (evidence.outputCut) hits.add('OUTPUT_LIMIT');
  return [...hits];
}
