import { setTimeout as delay } from 'node:timers/promises';
import {
  isAlive,
  isCut,
  type BoxSpec,
  type LimitHit,
  type ProcessIdentity,
  type ProcessResult,
  type ProcessUsage,
  type SandboxDriver,
} from '@heddle/sandbox';
import { limitsHit } from './limits-hit.js';
import { UsageWatch } from './usage-watch.js';

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
  readonly idleMs?: number | undefined;
  /** That came to its box over the network. */
  readonly answeredBytes: () => Promise<number>;
  /** It waits for its turn at its model: it is not idle. */
  readonly isInLine?: () => boolean;
  /** What it wrote is read afterwards, and has to be what it wrote. */
  readonly captured?: boolean | undefined;
  readonly graceMs: number;
  /** What an earlier supervisor had begun to do to it. */
  readonly forced?: ForcedEnd | undefined;
  /** Resolve for own children; adopted ones are polled. */
  readonly exited?: Promise<void>;
  readonly drained?: Promise<void>;
}

/** How a process was made to end, if it did not end by itself. */
type ForcedEnd = 'STOPPED' | 'TIMED_OUT' | 'LIMITED' | 'ENDED' | 'INTERRUPTED';

/** One running process of a box, from its start (or adoption) until nothing of it is left. */
export class WatchedProcess {
  private readonly exited: Promise<void>;
  private forced: ForcedEnd | undefined;
  private limit: LimitHit | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly watching: UsageWatch;
  private endedAt: number | undefined;

  constructor(private readonly options: WatchedProcessOptions) {
    this.exited = options.exited ?? gone(options.main);
    this.forced = options.forced;
    this.resumeTimer();
    this.watching = new UsageWatch({
      ...options,
      onLimit: (limit) => {
        this.limit ??= limit;
        // As with the time limit.
        this.end('LIMITED', options.graceMs).catch(() => undefined);
      },
    });
    this.watching.start();
  }

  /** What its box has used by the last look. */
  get usage(): ProcessUsage | undefined {
    return this.watching.usage;
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
    this.watching.stop();
    this.endedAt ??= Date.now();
    // Daemons that it left behind are no part of the work any more.
    await driver.kill(box, KILL_LIMIT_MS);
    const { exitCode, signal } = await driver.ending(box, id);
    await this.drain();
    const outputTruncated = (await Promise.all(spools.map(isCut))).includes(true);
    const outcome = this.forced ?? (exitCode === undefined ? 'LOST' : 'EXITED');
    const { usage, counted } = await this.watching.take();
    const isWhole = this.options.captured !== true || (await driver.isWhole(box));
    const limits = limitsHit({
      outcome,
      exitCode,
      forced: outcome === 'LIMITED' ? this.limit : undefined,
      counted,
      diskWasFull: this.watching.diskWasFull,
      isWhole,
      outputCut: outputTruncated,
    });
    const wallMs = Math.max(0, this.endedAt - startedAt);
    return {
      outcome,
      exitCode,
      signal,
      startedAt,
      endedAt: this.endedAt,
      outputTruncated,
      ...(limits.length === 0 ? {} : { limits }),
      usage: { ...usage, wallMs },
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
