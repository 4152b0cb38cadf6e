import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError, type SandboxReason } from '@heddle/sandbox';
import { readLines } from '../../protocol/json-lines.js';
import type { MethodName, Params, ResponseLine, Result } from '../../protocol/supervisor-protocol.js';

interface Pending {
  readonly line: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const RECONNECT_MS = 100;

/**
 * Talks to the supervisor and bears its death: what was asked and not answered is asked again of the next one, which is
 * harmless because every method is named. A call waits for as long as no supervisor answers, unless it is aborted.
 */
export class SupervisorClient {
  private readonly pending = new Map<number, Pending>();
  private socket: Socket | undefined;
  private connecting = false;
  private closed = false;
  private lastId = 0;
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly path: string) {}

  /** @throws SandboxError with the supervisor's reason; the signal's reason when aborted (the work itself goes on) */
  async call<M extends MethodName>(method: M, params: Params<M>, signal?: AbortSignal): Promise<Result<M>> {
    if (this.closed) throw new SandboxError('SANDBOX_UNAVAILABLE', 'the connection to the supervisor is closed');
    const id = ++this.lastId;
    const line = `${JSON.stringify({ id, method, params })}\n`;
    let onAbort = (): void => undefined;
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        this.pending.set(id, { line, resolve, reject });
        onAbort = () => {
          reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        if (signal?.aborted === true) onAbort();
        signal?.addEventListener('abort', onAbort, { once: true });
        if (this.socket !== undefined) this.socket.write(line);
        else void this.connect();
      })) as Result<M>;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.pending.delete(id);
    }
  }

  /** Called each time that a supervisor answers: it may be another one, which was told nothing yet. */
  onConnect(listener: () => void): void {
    this.listeners.push(listener);
  }

  get isConnected(): boolean {
    return this.socket !== undefined;
  }

  close(): void {
    this.closed = true;
    this.socket?.destroy();
    for (const call of this.pending.values())
      call.reject(new SandboxError('SANDBOX_UNAVAILABLE', 'the connection to the supervisor is closed'));
  }

  private async connect(): Promise<void> {
    if (this.connecting) return;
    this.connecting = true;
    try {
      while (!this.closed && this.pending.size > 0) {
        const socket = await open(this.path);
        if (socket === undefined) {
          await delay(RECONNECT_MS);
          continue;
        }
        this.adopt(socket);
        return;
      }
    } finally {
      this.connecting = false;
    }
  }

  private adopt(socket: Socket): void {
    this.socket = socket;
    readLines(socket, (line) => {
      this.answered(JSON.parse(line) as ResponseLine);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.socket = undefined;
      if (this.pending.size > 0) void this.connect();
    });
    for (const call of this.pending.values()) socket.write(call.line);
    for (const listener of this.listeners) listener();
  }

  private answered(response: ResponseLine): void {
    const call = this.pending.get(response.id);
    if (call === undefined) return;
    if ('result' in response) call.resolve(response.result);
    else call.reject(new SandboxError(response.error.reason as SandboxReason, response.error.message));
  }
}

async function open(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.once('error', () => {
      resolve(undefined);
    });
  });
}
