import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Say } from '../servers/progress.js';
import { SetupError } from '../servers/setup.error.js';
import { openLog, tailOf } from './process-log.js';
import { identify, isAlive, signal, type ProcessIdentity } from './process-identity.js';
import type { ProcessSpec } from './process-spec.js';

export interface ManagedProcessOptions {
  readonly logDirectory: string;
  readonly say: Say;
  /** Milliseconds that a start may take until the process serves. */
  readonly readyWithinMs?: number;
  /** Called right after each start, before anything else can happen to the process. */
  readonly onStarted?: (name: string, identity: ProcessIdentity) => void;
  /** Called each time it serves. */
  readonly onReady?: () => void;
}

/** Milliseconds before the first, second, … restart in a row. */
const BACK_OFF_MS = [200, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** A process that has served for this long starts over with the first back-off. */
const HEALTHY_AFTER_MS = 10_000;
const PROBE_EVERY_MS = 40;
const READY_WITHIN_MS = 90_000;

/**
 * One process in a session of its own, so that a terminal's Ctrl-C reaches only its owner. Once it has served, it is
 * started again whenever it ends by itself, until `stop`.
 */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private serving = false;
  private stopping = false;
  private everServed = false;
  private failures = 0;
  private servingSince = 0;
  private readonly events = new EventEmitter();
  private readonly waiting = new AbortController();

  constructor(
    readonly spec: ProcessSpec,
    private readonly options: ManagedProcessOptions,
  ) {}

  get name(): string {
    return this.spec.name;
  }

  /** undefined while it does not run. */
  get pid(): number | undefined {
    return this.child?.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined;
  }

  /**
   * Starts it and waits until it serves.
   * @throws {SetupError} PROCESS_NOT_READY, with the last lines of its log
   */
  async start(): Promise<void> {
    await this.launch();
  }

  /** Resolves when a process other than the one with `pid` serves. */
  async servedByOther(pid: number | undefined): Promise<void> {
    while (!(this.serving && this.pid !== undefined && this.pid !== pid)) await once(this.events, 'serving');
  }

  /** @returns the pid that was signalled, or undefined when it does not run */
  kill(name: NodeJS.Signals): number | undefined {
    const { pid } = this;
    const identity = pid === undefined ? undefined : identify(pid);
    return identity && signal(identity, name) ? pid : undefined;
  }

  /** Lets go of it: it runs on by itself, and nobody starts it again. */
  leave(): ProcessIdentity | undefined {
    this.stopping = true;
    const { child, pid } = this;
    child?.unref();
    return pid === undefined ? undefined : identify(pid);
  }

  /** Ends it, by force at the deadline, and does not start it again. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.waiting.abort();
    const { child } = this;
    if (!child || this.pid === undefined) return;
    const gone = once(child, 'exit');
    this.kill(this.spec.stop.signal);
    const force = setTimeout(() => {
      this.options.say(`${this.name} does not end: killed after ${this.spec.stop.deadlineMs / 1000} s`);
      this.kill('SIGKILL');
    }, this.spec.stop.deadlineMs);
    await gone;
    clearTimeout(force);
  }

  private async launch(): Promise<void> {
    this.child = undefined;
    await this.spec.beforeStart?.();
    if (this.stopping) return;
    const log = openLog(this.options.logDirectory, this.name);
    const { command, args, env, cwd, user } = this.spec;
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', log.descriptor, log.descriptor],
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    });
    closeSync(log.descriptor);
    this.child = child;
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
    });
    failed.catch(() => undefined); // reported by whichever of the two races below meets it
    child.once('exit', (code, by) => {
      // A process of the platform that ends by itself says so by another code.
      this.onExit(child, by ?? (code === 0 ? 'told to end, as by SIGTERM' : `exit code ${code ?? '?'}`));
    });
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity) this.options.onStarted?.(this.name, identity);
    await Promise.race([failed, this.untilServing(child, identity, log.file)]);
  }

  private async untilServing(
    child: ChildProcess,
    identity: ProcessIdentity | undefined,
    logFile: string,
  ): Promise<void> {
    const within = this.options.readyWithinMs ?? READY_WITHIN_MS;
    const deadline = performance.now() + within;
    while (!(await this.probe())) {
      if (this.stopping) return;
      if (!identity || !isAlive(identity)) throw this.notReady('ended before it served', logFile);
      if (performance.now() > deadline) {
        signal(identity, 'SIGKILL');
        throw this.notReady(`does not serve after ${within / 1000} s`, logFile);
      }
      await delay(PROBE_EVERY_MS);
    }
    if (this.child !== child || this.pid === undefined) throw this.notReady('ended as soon as it served', logFile);
    this.serving = this.everServed = true;
    this.servingSince = performance.now();
    this.options.onReady?.();
    this.events.emit('serving');
  }

  private async probe(): Promise<boolean> {
    try {
      return await this.spec.ready();
    } catch {
      return false; // not yet; what it really ails stands in its log
    }
  }

  private notReady(what: string, logFile: string): SetupError {
    return new SetupError('PROCESS_NOT_READY', `${this.name} ${what}. The end of ${logFile}:\n${tailOf(logFile)}`);
  }

  private onExit(child: ChildProcess, how: string): void {
    if (this.child !== child) return;
    if (this.serving && performance.now() - this.servingSince > HEALTHY_AFTER_MS) this.failures = 0;
    this.serving = false;
    if (this.stopping || !this.everServed) return;
    void this.restart(how);
  }

  private async restart(how: string): Promise<void> {
    const wait = BACK_OFF_MS[Math.min(this.failures, BACK_OFF_MS.length - 1)] ?? 0;
    this.failures += 1;
    this.options.say(`${this.name} ended (${how}); starting it again in ${wait / 1000} s`);
    const started = performance.now();
    try {
      await delay(wait, undefined, { signal: this.waiting.signal });
      await this.launch();
      if (this.serving)
        this.options.say(`${this.name} serves again (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    } catch (error) {
      if (this.stopping) return;
      this.options.say(`${this.name} could not be started again: ${String(error)}`);
      // One that ended was seen by onExit, which has arranged the next try; one that could not even start was not.
      if (this.child?.pid === undefined) void this.restart('it could not be started');
    }
  }
}
