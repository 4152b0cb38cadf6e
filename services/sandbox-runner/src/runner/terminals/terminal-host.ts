import { setTimeout as delay } from 'node:timers/promises';
import type {
  AttachTerminalRequest,
  AttachTerminalResponse,
  AttachTerminalResponse_Open,
} from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { SandboxError } from '@heddle/sandbox';
import type { TerminalOutputLine } from '../../protocol/terminal-protocol.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { openKept, type TerminalSettings } from './open-kept.js';
import type { SupervisorTerminal } from './supervisor-terminal.js';
import type { TerminalRelay } from './terminal-relay.js';

const RETRY_MS = 1_000;

/** Serves the terminals that people open on this runner's kept sandboxes. None outlives this process. */
export class TerminalHost {
  private readonly stopping = new AbortController();
  private readonly open = new Set<Promise<void>>();
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: PhaseContext,
    private readonly relay: TerminalRelay,
    private readonly settings: TerminalSettings,
  ) {}

  /** Waits at the scheduler for whoever wants one, also after it was away. */
  start(runnerId: string): void {
    this.watching = this.watch(runnerId);
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the runner stops'));
    await Promise.all([this.watching, ...this.open]);
    this.relay.close();
  }

  private async watch(runnerId: string): Promise<void> {
    const { signal } = this.stopping;
    // A function: it may change at every await.
    const isStopping = (): boolean => signal.aborted;
    for (let told = false; !isStopping();) {
      try {
        for await (const terminalId of this.relay.watch(runnerId, signal)) {
          told = false;
          const work = this.serve(terminalId).finally(() => this.open.delete(work));
          this.open.add(work);
        }
      } catch (error) {
        // Said once: the scheduler may be away for long.
        if (!isStopping() && !told) this.context.logger.warn({ err: error }, 'nobody can open a terminal here now');
        told = true;
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async serve(terminalId: string): Promise<void> {
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, this.stopping.signal]);
    let opened: (terminal: Promise<SupervisorTerminal>) => void = () => undefined;
    let unwanted: (why: Error) => void = () => undefined;
    const terminal = new Promise<SupervisorTerminal>((resolve, reject) => {
      opened = resolve;
      unwanted = reject;
    });
    terminal.catch(() => undefined);
    try {
      for await (const message of this.relay.attach(this.messages(terminalId, terminal), signal)) {
        if (message.open !== undefined) opened(this.openOne(terminalId, message.open, signal));
        else await handOn(message, await terminal);
      }
    } catch (error) {
      this.context.logger.debug({ err: error, terminalId }, 'a terminal was let go');
    } finally {
      // Whoever has not had an answer yet must not wait for one.
      unwanted(new SandboxError('SANDBOX_UNAVAILABLE', 'nobody waits for it any more'));
      gone.abort(new Error('nobody is at the other end any more'));
    }
  }

  private openOne(
    terminalId: string,
    { attemptId, fence, start }: AttachTerminalResponse_Open,
    signal: AbortSignal,
  ): Promise<SupervisorTerminal> {
    const { most } = this.settings;
    // This one is among them.
    if (this.open.size > most) return Promise.reject(tooMany(most));
    const owner = { kind: 'ATTEMPT', id: attemptId, fence: Number(fence) } as const;
    const wanted = { owner, terminalId, start: start ?? { command: [], columns: 0, rows: 0 } };
    return openKept(this.context, this.settings, wanted, signal);
  }

  private async *messages(
    terminalId: string,
    opening: Promise<SupervisorTerminal>,
  ): AsyncGenerator<AttachTerminalRequest, void> {
    yield { terminalId };
    let terminal: SupervisorTerminal;
    try {
      terminal = await opening;
    } catch (error) {
      yield { refusal: this.refusalOf(error, terminalId) };
      return;
    }
    yield { opened: true };
    for await (const line of terminal.output()) yield toMessage(line);
  }

  private refusalOf(error: unknown, terminalId: string): { reason: string; message: string } {
    if (HeddleError.is(error)) return { reason: error.reason, message: error.message };
    if (SandboxError.is(error) && error.reason === 'TERMINAL_NOT_AVAILABLE')
      return { reason: 'NOT_AVAILABLE', message: error.message };
    this.context.logger.warn({ err: error, terminalId }, 'a terminal could not be opened');
    return { reason: 'TERMINAL_FAILED', message: 'The runner could not open the terminal; its log says why' };
  }
}

async function handOn(message: AttachTerminalResponse, terminal: SupervisorTerminal): Promise<void> {
  const { input, resize, endOfInput } = message;
  if (input !== undefined) await terminal.send({ input: input.toString('base64') });
  else if (resize !== undefined) await terminal.send({ resize: { columns: resize.columns, rows: resize.rows } });
  else if (endOfInput === true) await terminal.send({ endOfInput: true });
}

function toMessage(line: TerminalOutputLine): AttachTerminalRequest {
  if ('output' in line) return { output: Buffer.from(line.output, 'base64') };
  if ('errorOutput' in line) return { errorOutput: Buffer.from(line.errorOutput, 'base64') };
  return { end: { reason: line.ended.reason, exitCode: line.ended.exitCode } };
}

function tooMany(most: number): HeddleError {
  const message =
    most === 0
      ? 'This runner opens no terminals (HEDDLE_TERMINALS is 0)'
      : `This runner has ${String(most)} open terminals, which is as many as it may have: close one`;
  return new HeddleError('TERMINAL_LIMIT', message, { metadata: { limit: String(most) } });
}
