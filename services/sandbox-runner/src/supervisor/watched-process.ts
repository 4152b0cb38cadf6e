import { setTimeout as delay } from 'node:timers/promises';
import {
  isAlive,
  isCut,
  type BoxSpec,
  type ProcessIdentity,
  type ProcessResult,
  type SandboxDriver,
} from '@heddle/sandbox';

/** A process of an earlier supervisor is nobody's child: it has to be looked at. */
const POLL_MS = 50;
const KILL_LIMIT_MS = 20_000;
const DRAIN_LIMIT_MS = 15_000;

export interface WatchedProcessOptions {
  readonly driver: SandboxDriver;
  readonly box: BoxSpec;
  readonly id: string;
  readonly main: ProcessIdentity;
  readonly drainers: readonly ProcessIdentity[];
  readonly spools: readonly string[];
  readonly startedAt: number;
  readonly timeoutMs?: number | undefined;
  /** Milliseconds of pauses since it started: they are no part of its time. */
  readonly pausedMs: () => number;
  readonly graceMs: number;
  /** What an earlier supervisor had begun to do to it. */
  readonly forced?: ForcedEnd | undefined;
  /** Resolve for own children; adopted ones are polled. */
  readonly exited?: Promise<void>;
  readonly drained?: Promise<void>;
}

/** How a process was made to end, if it did not end by itself. */
type ForcedEnd = 'STOPPED' | 'TIMED_OUT' | 'INTERRUPTED';

/** One running process of a box, from its start (or adoption) until nothing of it is left. */
export class WatchedProcess {
  private readonly exited: Promise<void>;
  private forced: ForcedEnd | undefined;
  private timer: NodeJS.Timeout | undefined;
  private endedAt: number | undefined;

  constructor(private readonly options: WatchedProcessOptions) {
    this.exited = options.exited ?? gone(options.main);
    this.forced = options.forced;
    this.resumeTimer();
  }

  /** Its time limit does not run on while nothing of it does. */
  pauseTimer(): void {
    clearTimeout(this.timer);
  }

  /** Ends when the main process, what it left behind and its drainers are gone. May be called again where it failed. */
  async watch(): Promise<Omit<ProcessResult, 'stopReason'>> {
    const { driver, box, id, startedAt, spools } = this.options;
    await this.exited;
    clearTimeout(this.timer);
    this.endedAt ??= Date.now();
    // Daemons that it left behind are no part of the work any more.
    await driver.kill(box, KILL_LIMIT_MS);
    const ending = await driver.ending(box, id);
    await this.drain();
    const cuts = await Promise.all(spools.map(isCut));
    const outcome = this.forced ?? (ending.exitCode === undefined ? 'LOST' : 'EXITED');
    return {
      outcome,
      exitCode: ending.exitCode,
      signal: ending.signal,
      startedAt,
      endedAt: this.endedAt,
      outputTruncated: cuts.includes(true),
    };
  }

  /**
   * SIGTERM, grace, SIGKILL of the whole box; SANDBOX_NOT_EMPTY if something outlives it. `watch` then ends; repeats do no
   * harm. One that is dead already has ended by itself, whatever came to be wanted since.
   */
  async end(how: ForcedEnd, graceMs: number): Promise<void> {
    const { driver, box, id, main } = this.options;
    if (!(await isAlive(main))) return;
    this.forced ??= how;
    await driver.thaw(box);
    await driver.terminate(box, id, main.pid);
    await Promise.race([this.exited, delay(graceMs, undefined, { ref: false })]);
    await driver.kill(box, KILL_LIMIT_MS);
  }

  resumeTimer(): void {
    const { timeoutMs, startedAt, graceMs, pausedMs } = this.options;
    clearTimeout(this.timer);
    if (timeoutMs === undefined || this.endedAt !== undefined) return;
    const left = Math.max(0, startedAt + timeoutMs + pausedMs() - Date.now());
    this.timer = setTimeout(() => {
      // A failure here is not lost: the process goes on and its phase's own limit ends it.
      this.end('TIMED_OUT', graceMs).catch(() => undefined);
    }, left);
  }

  /** What the box wrote is complete when its pipes are read to their end. */
  private async drain(): Promise<void> {
    const all = this.options.drained ?? Promise.all(this.options.drainers.map(gone)).then(() => undefined);
    await Promise.race([all, delay(DRAIN_LIMIT_MS, undefined, { ref: false })]);
  }
}

async function gone(identity: ProcessIdentity): Promise<void> {
  while (await isAlive(identity)) await delay(POLL_MS);
}
