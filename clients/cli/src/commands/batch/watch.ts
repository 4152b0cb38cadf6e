import { HeddleConnectionError, type Batch, type CheckResult, type HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { parseDuration } from '../../input/duration-option.js';
import { oneLine } from '../../output/neutralise.js';
import { shortId } from '../../output/short-id.js';
import { batchExitCode } from '../../progress/outcome.js';
import { showProgress } from '../../progress/show-progress.js';
import { resolveBatch } from '../../resolve/resolve-batch.js';
import type { Session } from '../../session.js';
import { blocks, checkSummary } from '../../views/check-view.js';

/** More of them, and longer reasons, are in `heddle batch show` and `heddle attempt show`. */
const MAX_FAILURES = 10;
const MAX_REASON = 300;

interface Options extends JsonOption {
  readonly timeout?: number;
}

export function batchWatch(runtime: Runtime): Command {
  return leaf(
    'watch',
    'follow a batch to its end, or until it waits for you: a live table on a terminal, lines in a pipe',
  )
    .argument('[batch]', 'id, or part of it; the newest if left out')
    .option('--timeout <duration>', 'watch no longer than this (exit code 5)', parseDuration)
    .action(
      action<[string | undefined], Options>(runtime, async (session, options, text) => {
        const heddle = await session.client();
        return watchBatch(session, heddle, await resolveBatch(heddle, text), options.timeout);
      }),
    );
}

/** Shows the batch to its end, or to the end of the time, and says what may be done next. */
export async function watchBatch(
  session: Session,
  heddle: HeddleClient,
  batchId: string,
  timeoutMs: number | undefined,
): Promise<ExitCode> {
  const { out, now } = session;
  const last = await showProgress(snapshots(session, heddle, batchId, timeoutMs), { out, now });
  const red = await redChecks(heddle, last, session.signal);
  const code = batchExitCode(last, red);
  for (const line of failures(last)) out.note(line);
  if (red.length > 0) out.note(`Red checks, which keep a change from landing: ${checkSummary(red)}`);
  if (code === EXIT.waiting) sayWaiting(session, last);
  else if (code === EXIT.timeLimit) out.note(`The time is over, the batch goes on: heddle watch ${shortId(batchId)}`);
  else out.note(`See the results: heddle batch show ${shortId(batchId)}, heddle overlaps ${shortId(batchId)}`);
  return code;
}

function sayWaiting({ out }: Session, batch: Batch | undefined): void {
  const attempts = (batch?.tasks ?? []).flatMap((task) => task.attempts);
  for (const { id, state, statusDetail } of attempts)
    if (state === 'WAITING_FOR_USER' && statusDetail === 'PLAN_APPROVAL')
      out.note(`A plan waits for you: heddle plan show ${shortId(id)}, heddle plan approve ${shortId(id)}`);
}

/** Of tasks that no attempt completed: why each did not end well, and where its log is. */
function failures(batch: Batch | undefined): string[] {
  const failed = (batch?.tasks ?? [])
    .filter(({ state }) => state !== 'COMPLETED')
    .flatMap((task) => task.attempts)
    .filter(({ state, endTime }) => endTime !== undefined && state !== 'COMPLETED');
  const lines = failed.slice(0, MAX_FAILURES).map(({ id, state, statusDetail, stateInfo }) => {
    const why = [statusDetail, stateInfo?.message ?? ''].filter((word) => word !== '').join(': ');
    return `${shortId(id)} ${state} ${oneLine(why).slice(0, MAX_REASON)}; see heddle logs ${shortId(id)}`;
  });
  const more = failed.length - lines.length;
  return more > 0 ? [...lines, `… and ${String(more)} more`] : lines;
}

/** Of tasks without an attempt that passed all: one is what several are made for. */
async function redChecks(heddle: HeddleClient, batch: Batch | undefined, signal: AbortSignal): Promise<CheckResult[]> {
  const red: CheckResult[] = [];
  for (const { attempts } of batch?.tasks ?? []) {
    const ofTask: CheckResult[][] = [];
    for (const { id } of attempts.filter(({ state }) => state === 'COMPLETED'))
      ofTask.push((await heddle.attempts.listCheckResults(id, { signal })).filter(blocks));
    if (ofTask.every(({ length }) => length > 0)) red.push(...ofTask.flat());
  }
  return red;
}

/** To the end of the batch, or to where nothing goes on until somebody speaks. */
async function* snapshots(
  session: Session,
  heddle: HeddleClient,
  batchId: string,
  timeoutMs: number | undefined,
): AsyncGenerator<Batch, void, undefined> {
  for await (const batch of untilTimeLimit(session, heddle, batchId, timeoutMs)) {
    yield batch;
    if (batch.state === 'WAITING_FOR_USER') return;
  }
}

/** Ends quietly when the time is over. */
async function* untilTimeLimit(
  session: Session,
  heddle: HeddleClient,
  batchId: string,
  timeoutMs: number | undefined,
): AsyncGenerator<Batch, void, undefined> {
  if (timeoutMs === undefined) {
    yield* heddle.followBatch(batchId, { signal: session.signal });
    return;
  }
  const ending = new AbortController();
  const over = new HeddleConnectionError('DEADLINE_EXCEEDED', heddle.url, 'The time of --timeout is over');
  const interrupt = (): void => {
    ending.abort(session.signal.reason);
  };
  session.signal.addEventListener('abort', interrupt, { once: true });
  const timer = setTimeout(() => {
    ending.abort(over);
  }, timeoutMs);
  try {
    yield* heddle.followBatch(batchId, { signal: ending.signal });
  } catch (error) {
    if (error !== over) throw error;
  } finally {
    clearTimeout(timer);
    session.signal.removeEventListener('abort', interrupt);
  }
}
