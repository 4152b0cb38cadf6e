import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { SandboxError } from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import { readLines } from '../protocol/json-lines.js';
import { OPEN_TERMINAL, type OpenTerminalParams, type TerminalInputLine } from '../protocol/terminal-protocol.js';
import { isMethodName, type RequestLine, type ResponseLine } from '../protocol/supervisor-protocol.js';
import type { Supervisor } from './supervisor.js';
import type { TerminalSession } from './terminals/terminal-session.js';

/** Serves the protocol on a unix socket that only this user may open. */
export class SocketServer {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {}

  /** SANDBOX_UNAVAILABLE if another supervisor answers there. A socket that nobody answers on is left over. */
  static async listen(path: string, supervisor: Supervisor, logger: Logger): Promise<SocketServer> {
    const server = createServer((socket) => {
      own.sockets.add(socket);
      socket.on('close', () => own.sockets.delete(socket));
      // The runner is gone: it asks again when it is back.
      socket.on('error', () => undefined);
      let terminal: TerminalSession | undefined;
      readLines(socket, (line) => {
        const message = JSON.parse(line) as RequestLine | TerminalInputLine;
        if (terminal !== undefined) terminal.receive(message as TerminalInputLine);
        else if (!('id' in message)) socket.destroy();
        else if ((message.method as string) === OPEN_TERMINAL)
          terminal = openTerminal(socket, message, supervisor, logger);
        else void answer(socket, message, supervisor, logger);
      });
    });
    const own = new SocketServer(server, path);
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    return own;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    await rm(this.path, { force: true });
  }
}

/** True if somebody accepts on the socket. */
export async function isServed(path: string): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

function openTerminal(
  socket: Socket,
  { id, method, params }: RequestLine,
  supervisor: Supervisor,
  logger: Logger,
): TerminalSession {
  const write = (line: ResponseLine): void => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`);
  };
  return supervisor.terminals.serve(
    socket,
    params as OpenTerminalParams,
    () => {
      write({ id, result: {} });
    },
    (error: unknown) => {
      write(failure(id, method, error, logger));
      socket.end();
    },
  );
}

async function answer(socket: Socket, request: RequestLine, supervisor: Supervisor, logger: Logger): Promise<void> {
  // Not answered: the runner asks the next supervisor.
  if (supervisor.isEnding) return;
  const response = await handle(request, supervisor, logger);
  if (!socket.destroyed) socket.write(`${JSON.stringify(response)}\n`);
}

async function handle(request: RequestLine, supervisor: Supervisor, logger: Logger): Promise<ResponseLine> {
  const { id, method, params } = request;
  try {
    if (!isMethodName(method))
      throw new SandboxError('SANDBOX_UNAVAILABLE', `this supervisor has no method ${String(method)}`);
    return { id, result: await supervisor.call(method, params as never) };
  } catch (error) {
    return failure(id, method, error, logger);
  }
}

function failure(id: number, method: string, error: unknown, logger: Logger): ResponseLine {
  const reason = SandboxError.is(error) ? error.reason : 'INTERNAL';
  if (reason === 'INTERNAL') logger.error({ err: error, method }, 'a call failed');
  const message =
    error instanceof Error
      ? error.message + (error.cause instanceof Error ? `: ${error.cause.message}` : '')
      : String(error);
  return { id, error: { reason, message } };
}
