import { Injectable } from '@nestjs/common';
import type { AttachTerminalRequest, AttachTerminalResponse } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';

/** The runner's end of a terminal. */
export interface RunnerEnd {
  readonly messages: AsyncIterator<AttachTerminalRequest>;
  /** Once: what it is told, and when it may go. */
  answer(orders: AsyncIterable<AttachTerminalResponse>): void;
}

interface Waiting {
  readonly runnerId: string;
  readonly came: (runner: RunnerEnd) => void;
}

/** How long somebody waits for a runner that may be just coming back. */
const PATIENCE_MS = 10_000;

/** Where both ends of a terminal meet, in memory: a terminal outlives neither of them, nor this process. */
@Injectable()
export class TerminalMeeting {
  private readonly waiting = new Map<string, Waiting>();
  private readonly watchers = new Map<string, Set<() => void>>();

  /** Has the runner come for the terminal. @throws HeddleError SERVICE_UNAVAILABLE; the signal's reason */
  async call(runnerId: string, terminalId: string, signal: AbortSignal, patienceMs = PATIENCE_MS): Promise<RunnerEnd> {
    const tooLong = AbortSignal.timeout(patienceMs);
    const ended = AbortSignal.any([signal, tooLong]);
    let giveUp: () => void = () => undefined;
    try {
      return await new Promise<RunnerEnd>((resolve, reject) => {
        giveUp = () => {
          reject(signal.aborted ? asError(signal.reason) : away(runnerId));
        };
        ended.addEventListener('abort', giveUp, { once: true });
        this.waiting.set(terminalId, { runnerId, came: resolve });
        for (const wake of this.watchers.get(runnerId) ?? []) wake();
        if (ended.aborted) giveUp();
      });
    } finally {
      ended.removeEventListener('abort', giveUp);
      this.waiting.delete(terminalId);
    }
  }

  /** Ids of the terminals that wait for the runner, each once, until the signal fires. */
  async *watch(runnerId: string, signal: AbortSignal): AsyncGenerator<string, void> {
    const told = new Set<string>();
    let wake: () => void = () => undefined;
    const ring = (): void => {
      wake();
    };
    const watchers = this.watchers.get(runnerId) ?? new Set();
    this.watchers.set(runnerId, watchers.add(ring));
    signal.addEventListener('abort', ring);
    try {
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        for (const [id, waiting] of this.waiting) {
          if (waiting.runnerId !== runnerId || told.has(id)) continue;
          told.add(id);
          yield id;
        }
        for (const id of told) if (!this.waiting.has(id)) told.delete(id);
        await woken;
      }
    } finally {
      signal.removeEventListener('abort', ring);
      watchers.delete(ring);
      if (watchers.size === 0) this.watchers.delete(runnerId);
    }
  }

  /** The runner has come: what it is told, up to the terminal's end. @throws HeddleError TERMINAL_CLOSED */
  async *attach(messages: AsyncIterator<AttachTerminalRequest>): AsyncGenerator<AttachTerminalResponse, void> {
    const first = await messages.next();
    const terminalId = first.done === true ? undefined : first.value.terminalId;
    const waiting = terminalId === undefined ? undefined : this.waiting.get(terminalId);
    if (terminalId === undefined || waiting === undefined)
      throw new HeddleError('TERMINAL_CLOSED', 'Nobody waits for this terminal any more', {
        metadata: { cause: 'CLIENT_CLOSED' },
      });
    this.waiting.delete(terminalId);
    const orders = await new Promise<AsyncIterable<AttachTerminalResponse>>((answer) => {
      waiting.came({ messages, answer });
    });
    yield* orders;
  }
}

function away(runnerId: string): HeddleError {
  return new HeddleError('SERVICE_UNAVAILABLE', `The runner ${runnerId}, which has the sandbox, does not answer`, {
    metadata: { runnerId },
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}
