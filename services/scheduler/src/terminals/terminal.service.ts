import { Injectable } from '@nestjs/common';
import type { OpenTerminalRequest, OpenTerminalRequest_Start, OpenTerminalResponse } from '@heddle/contracts';
import type { AttachTerminalRequest, AttachTerminalResponse } from '@heddle/contracts/internal';
import { HeddleError, isReason } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { AttemptService } from '../attempts/attempt.service.js';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { pulledUntil } from './pulled-until.js';
import { TerminalMeeting } from './terminal-meeting.js';
import { TerminalRecords, type TerminalEnd } from './terminal-records.service.js';
import { resizeOf, runnerOfKept, startOf } from './validate-terminal.js';

/** Bytes of a person's end. */
interface Traffic {
  received: number;
  sent: number;
}

const WHY_CLOSED: Readonly<Record<string, string>> = {
  IDLE_LIMIT: 'it was idle for too long',
  TIME_LIMIT: 'it was open for as long as it may be',
  DISK_LIMIT: 'it wrote more than the sandbox may',
  SANDBOX_REMOVED: 'the sandbox is not kept any longer',
  PLATFORM_STOPPED: 'the runner was stopped',
  RUNNER_LOST: 'the runner was lost',
};

/** Terminals from a person to the runner that keeps a sandbox: who may, on record, and the bytes between both. */
@Injectable()
export class TerminalService {
  constructor(
    private readonly attempts: AttemptService,
    private readonly meeting: TerminalMeeting,
    private readonly records: TerminalRecords,
  ) {}

  /**
   * @param gone fires when the person's end is gone
   * @throws HeddleError ATTEMPT_NOT_ENDED, SANDBOX_NOT_KEPT, NOT_AVAILABLE, TERMINAL_LIMIT, TERMINAL_CLOSED with the cause
   */
  async *open(
    requests: AsyncIterator<OpenTerminalRequest>,
    gone: AbortSignal,
  ): AsyncGenerator<OpenTerminalResponse, void> {
    const principal = requestContext.get()?.principal ?? '';
    const first = await requests.next();
    const request = first.done === true ? undefined : first.value;
    const start = startOf(request);
    const attempt = await this.attempts.row(request?.id ?? '');
    const runnerId = runnerOfKept(attempt);
    const terminal = await this.records.opened(attempt, runnerId, principal);
    const traffic: Traffic = { received: 0, sent: 0 };
    const over = new AbortController();
    let end: Pick<TerminalEnd, 'reason' | 'exitCode'> = { reason: 'CLIENT_CLOSED' };
    try {
      const runner = await this.meeting.call(runnerId, terminal.id, gone);
      runner.answer(orders(attempt, start, requests, over.signal, traffic));
      let isOpen = false;
      for await (const message of pulledUntil(runner.messages, gone)) {
        if (message.refusal !== undefined) {
          end = { reason: 'REFUSED' };
          throw refused(message.refusal);
        }
        if (message.end !== undefined) {
          end = message.end;
          if (end.reason !== 'EXITED') throw closed(end.reason);
          yield { exitCode: end.exitCode ?? EXIT_UNKNOWN };
          return;
        }
        if (message.opened === true) isOpen = true;
        const response = message.opened === true ? { opened: terminal } : shown(message, traffic);
        if (response !== undefined) yield response;
      }
      if (gone.aborted) return;
      end = { reason: 'RUNNER_LOST' };
      throw isOpen ? closed('RUNNER_LOST') : lost(runnerId);
    } catch (error) {
      if (end.reason === 'CLIENT_CLOSED' && !gone.aborted) end = { reason: 'RUNNER_LOST' };
      throw HeddleError.is(error) && error.reason === 'CANCELLED' && !gone.aborted ? closed('RUNNER_LOST') : error;
    } finally {
      over.abort();
      await this.records.closed(terminal.id, {
        reason: end.reason,
        exitCode: end.exitCode,
        bytesReceived: traffic.received,
        bytesSent: traffic.sent,
      });
    }
  }
}

/** As shells say it of a program that nobody knows the end of. */
const EXIT_UNKNOWN = 255;

/** What the runner is told: it may go when the terminal is over. */
async function* orders(
  attempt: AttemptEntity,
  start: OpenTerminalRequest_Start,
  requests: AsyncIterator<OpenTerminalRequest>,
  over: AbortSignal,
  traffic: Traffic,
): AsyncGenerator<AttachTerminalResponse, void> {
  yield { open: { attemptId: attempt.id, fence: attempt.fence, start } };
  for await (const { input, resize, endOfInput } of pulledUntil(requests, over)) {
    if (input !== undefined) {
      traffic.received += input.length;
      yield { input };
    } else if (resize !== undefined) yield { resize: resizeOf(resize) };
    else if (endOfInput === true) yield { endOfInput };
  }
  if (over.aborted) return;
  yield { endOfInput: true };
  await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
}

function shown({ output, errorOutput }: AttachTerminalRequest, traffic: Traffic): OpenTerminalResponse | undefined {
  traffic.sent += output?.length ?? errorOutput?.length ?? 0;
  if (output !== undefined) return { output };
  return errorOutput === undefined ? undefined : { errorOutput };
}

function refused({ reason, message }: { readonly reason: string; readonly message: string }): HeddleError {
  return isReason(reason) ? new HeddleError(reason, message) : new HeddleError('INTERNAL', message);
}

function closed(cause: string): HeddleError {
  return new HeddleError('TERMINAL_CLOSED', `The terminal was closed: ${WHY_CLOSED[cause] ?? cause}`, {
    metadata: { cause },
  });
}

function lost(runnerId: string): HeddleError {
  return new HeddleError('SERVICE_UNAVAILABLE', `The runner ${runnerId} went away before the terminal was open`, {
    metadata: { runnerId },
  });
}
