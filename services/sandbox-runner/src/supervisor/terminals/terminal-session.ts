import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { removeTree, type AttachedProcess, type SandboxDriver } from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import type {
  OpenTerminalParams,
  TerminalEnd,
  TerminalEndReason,
  TerminalInputLine,
  TerminalOutputLine,
} from '../../protocol/terminal-protocol.js';
import { UsageWatch } from '../usage-watch.js';

const PROCESS = 'terminal';
const KILL_LIMIT_MS = 20_000;
/** For what a dead program has printed already: as long as the doors have patience with who reads it. */
const DRAIN_LIMIT_MS = 30_000;
const LEAST_LOOK_MS = 20;

/** One program with a person at its other end: its box is made with it and goes with it. */
export class TerminalSession {
  private readonly startedAt = Date.now();
  private process: AttachedProcess | undefined;
  private reason: TerminalEndReason | undefined;
  private wake: () => void = () => undefined;
  private activeAt = performance.now();
  /** Lines that came before the program was there; later each waits for the one before. */
  private inputs: Promise<unknown>;
  private started: () => void = () => undefined;
  private readonly ending: Promise<void>;

  constructor(
    private readonly params: OpenTerminalParams,
    private readonly driver: SandboxDriver,
    private readonly socket: Socket,
    private readonly logger: Logger,
  ) {
    this.inputs = new Promise<void>((resolve) => (this.started = resolve));
    this.ending = new Promise<void>((resolve) => (this.wake = resolve));
    socket.once('close', () => {
      this.end('CLIENT_CLOSED');
    });
  }

  get sandbox(): string {
    return this.params.sandbox;
  }

  get box(): OpenTerminalParams['box'] {
    return this.params.box;
  }

  /** The first reason counts. `run` then ends. */
  end(reason: TerminalEndReason): void {
    this.reason ??= reason;
    this.wake();
  }

  /** A line of the runner. */
  receive(line: TerminalInputLine): void {
    // What is typed faster than it is read waits in the socket.
    this.socket.pause();
    this.inputs = this.inputs
      .then(() => this.take(line))
      .catch(() => undefined)
      .finally(() => this.socket.resume());
  }

  /**
   * Ends when nothing of it is left on the host.
   * @param opened called when the program has started
   */
  async run(opened: () => void): Promise<void> {
    const { box, command, environment, window } = this.params;
    let ended: TerminalEnd | undefined;
    try {
      await this.driver.create(box);
      if (this.reason === undefined) {
        this.process = await this.driver.attach(box, { id: PROCESS, command, environment, window });
        opened();
        this.started();
        ended = await this.untilEnd(this.process);
      }
    } finally {
      this.started();
      await this.clear();
    }
    this.write({ ended: ended ?? { reason: this.reason ?? 'EXITED' } });
    this.socket.end();
  }

  private async untilEnd(process: AttachedProcess): Promise<TerminalEnd> {
    const { box, idleMs, limitMs } = this.params;
    const printed = Promise.all([
      this.pump(process.output, (output) => ({ output })),
      process.errorOutput === undefined
        ? undefined
        : this.pump(process.errorOutput, (errorOutput) => ({ errorOutput })),
    ]);
    const time = setTimeout(() => {
      this.end('TIME_LIMIT');
    }, limitMs);
    const idle = setInterval(
      () => {
        if (performance.now() - this.activeAt >= idleMs) this.end('IDLE_LIMIT');
      },
      Math.max(LEAST_LOOK_MS, Math.min(1_000, idleMs / 4)),
    );
    const usage = new UsageWatch({
      driver: this.driver,
      box,
      spools: [],
      startedAt: this.startedAt,
      onLimit: () => {
        this.end('DISK_LIMIT');
      },
    });
    usage.start();
    try {
      await Promise.race([process.exited, this.ending]);
      // What it left behind is no part of it any more.
      await this.driver.kill(box, KILL_LIMIT_MS);
      await process.exited;
      await Promise.race([printed, this.ending, delay(DRAIN_LIMIT_MS, undefined, { ref: false })]);
    } finally {
      clearTimeout(time);
      clearInterval(idle);
      usage.stop();
    }
    const { exitCode } = await this.driver.ending(box, PROCESS);
    return this.reason === undefined ? { reason: 'EXITED', exitCode } : { reason: this.reason };
  }

  /** In the reader's pace: what it has not taken yet stays with the program. */
  private async pump(stream: Readable, toLine: (bytes: string) => TerminalOutputLine): Promise<void> {
    stream.on('data', (bytes: Buffer) => {
      this.activeAt = performance.now();
      if (this.write(toLine(bytes.toString('base64')))) return;
      stream.pause();
      this.socket.once('drain', () => stream.resume());
    });
    // Not by `once`: a terminal's end is an error to it.
    await new Promise<void>((resolve) => stream.once('close', resolve));
  }

  private async take(line: TerminalInputLine): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.activeAt = performance.now();
    if ('resize' in line) process.resize(line.resize);
    else if ('endOfInput' in line) process.input.end();
    else if (process.input.writable && !process.input.write(Buffer.from(line.input, 'base64')))
      await Promise.race([once(process.input, 'drain'), once(process.input, 'close'), this.ending]);
  }

  /** False where the reader is behind. */
  private write(line: TerminalOutputLine): boolean {
    return this.socket.destroyed || this.socket.write(`${JSON.stringify(line)}\n`);
  }

  /** What fails here is nobody's from now on: the janitor's next look sees to it. */
  private async clear(): Promise<void> {
    const { box, sandbox } = this.params;
    try {
      for (const stream of [this.process?.input, this.process?.output, this.process?.errorOutput]) stream?.destroy();
      await this.driver.kill(box, KILL_LIMIT_MS);
      await this.driver.destroy(box);
      await removeTree(box.paths.root);
    } catch (error) {
      this.logger.error({ err: error, sandbox, box: box.name }, 'a terminal left something behind');
    }
  }
}
