import { isBatchEnded, type Batch } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../exit-codes.js';

/** Exit code of a command that waited for a batch. */
export function batchExitCode(batch: Batch | undefined): ExitCode {
  if (batch === undefined || !isBatchEnded(batch)) return EXIT.timeLimit;
  return batch.tasks.every(({ state }) => state === 'COMPLETED') ? EXIT.ok : EXIT.workFailed;
}
