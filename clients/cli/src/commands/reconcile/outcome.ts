import { isReconciliationSettled, type HeddleClient } from '@heddle/sdk';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { shortId } from '../../output/short-id.js';
import type { Session } from '../../session.js';
import { reconciliationLines } from '../../views/reconciliation-view.js';

/** Waits for a reconciliation, shows it, and says what can be done next. */
export async function outcomeOf(
  { out, signal, now }: Session,
  heddle: HeddleClient,
  id: string,
  timeoutMs: number | undefined,
): Promise<ExitCode> {
  const found = await heddle.reconciliations.wait(id, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  if (out.json) out.document(found);
  else out.lines(reconciliationLines(found, { style: out.style, columns: out.columns, now: now() }));
  if (!isReconciliationSettled(found)) {
    out.note(`The time is over, it goes on: heddle reconcile wait ${shortId(id)}`);
    return EXIT.timeLimit;
  }
  const change = found.changeId === undefined ? '' : shortId(found.changeId);
  if (found.state === 'SUCCEEDED') {
    out.note(`Read it and land it: heddle diff ${change}, heddle approve ${change}, heddle land ${change}`);
    return EXIT.ok;
  }
  if (found.state !== 'WAITING_FOR_USER') return EXIT.workFailed;
  out.note(`It waits for you: heddle message ${shortId(found.attemptId)} "what is wrong", or heddle diff ${change}`);
  return EXIT.waiting;
}
