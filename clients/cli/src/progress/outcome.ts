import { isBatchEnded, type Batch, type CheckResult } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../exit-codes.js';

/** Exit code of a command that waited for a batch. @param redChecks of its attempts, advisory ones apart */
export function batchExitCode(batch: Batch | undefined, redChecks: readonly CheckResult[]): ExitCode {
  if (batch?.state === 'WAITING_FOR_USER') return EXIT.waiting;
  if (batch === undefined || !isBatchEnded(batch)) return EXIT.timeLimit;
  return redChecks.length === 0 && batch.tasks.every(({ state }) => state === 'COMPLETED') ? EXIT.ok : EXIT.workFailed;
}
