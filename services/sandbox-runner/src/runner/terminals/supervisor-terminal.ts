import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SandboxError, type SandboxReason } from '@heddle/sandbox';
import type { ResponseLine } from '../../protocol/supervisor-protocol.js';
import {
  OPEN_TERMINAL,
  type OpenTerminalParams,
  type TerminalInputLine,
  type TerminalOutputLine,
} from '../../protocol/terminal-protocol.js';

/** A terminal of this host's supervisor, on a connection of its own. */
export class SupervisorTerminal {
  private constructor(
    private readonly socket: Socket,
    private readonly lines: AsyncGenerator<string, void>,
  ) {}

  /**
   * Resolves when the program has started.
   * @param signal ends the terminal, now or later
   * @throws SandboxError with the supervisor's reason
   */
  static async open(path: string, params: OpenTerminalParams, signal: AbortSignal): Promise<SupervisorTerminal> {
    const socket = connect(path);
    const gone = (): unknown => socket.destroy();
    signal.addEventListener('abort', gone, { once: true });
    socket.once('close', () => {
      signal.removeEventListener('abort', gone);
    });
    // What is wrong with the connection shows as the end of its lines.
    socket.on('error', () => undefined);
    if (signal.aborted) socket.destroy();
    socket.write(`${JSON.stringify({ id: 0, method: OPEN_TERMINAL, params })}\n`);
    const lines = linesOf(socket);
    const first = await lines.next();
    if (first.done === true) throw new SandboxError('SANDBOX_UNAVAILABLE', 'the supervisor went away');
    const answer = JSON.parse(first.value) as ResponseLine;
    if ('error' in answer) {
      socket.destroy();
      throw new SandboxError(answer.error.reason as SandboxReason, answer.error.message);
    }
    return new SupervisorTerminal(socket, lines);
  }

  /** In the supervisor's pace. What comes after the end goes nowhere. */
  async send(line: TerminalInputLine): Promise<void> {
    if (this.socket.destroyed || this.socket.write(`${JSON.stringify(line)}\n`)) return;
    await Promise.race([once(this.socket, 'drain'), new Promise((resolve) => this.socket.once('close', resolve))]);
  }

  /** Up to `ended`; without it the supervisor went away. */
  async *output(): AsyncGenerator<TerminalOutputLine, void> {
    for await (const line of this.lines) yield JSON.parse(line) as TerminalOutputLine;
  }
}

/** What is not pulled stays in the socket. */
async function* linesOf(socket: Socket): AsyncGenerator<string, void> {
  let rest = '';
  socket.setEncoding('utf8');
  try {
    for await (const chunk of socket as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // A connection that broke is one that ended.
  }
}
