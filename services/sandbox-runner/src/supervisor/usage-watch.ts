import { statSync } from 'node:fs';
import type { BoxSpec, BoxUsage, LimitHit, ProcessUsage, SandboxDriver } from '@heddle/sandbox';

const EVERY_MS = 5_000;
const LEAST_MS = 50;
/** What a program takes that waits: timers, a prompt's cursor. */
const IDLE_SHARE = 0.05;

/**
 * One that works and gets no processor waits for one nearly all the time; one that only wakes up now and then waits a little too, on
 * a host that has too much to do, and is idle.
 */
const STARVED_SHARE = 0.5;

/** What shows whether something goes on. */
interface Sign {
  readonly at: number;
  readonly outputBytes: number;
  readonly answeredBytes: number;
  readonly cpuMs: number;
  readonly cpuWaitMs: number;
}

export interface UsageWatchOptions {
  readonly driver: SandboxDriver;
  readonly box: BoxSpec;
  readonly spools: readonly string[];
  readonly startedAt: number;
  /** Bytes of answers that came to it over the network: a model that streams keeps its program waiting. */
  readonly answeredBytes?: (() => Promise<number>) | undefined;
  /** Without output, answers and processor time; absent: for ever. */
  readonly idleMs?: number | undefined;
  /** It waits for its turn at its model, and for nothing else. */
  readonly isInLine?: () => boolean;
  /** The box has to end, and the kernel does not see to it. */
  readonly onLimit: (limit: LimitHit) => void;
}

/** Looks every few seconds at what a process's box uses: for people, and for the limits that the kernel does not hold. */
export class UsageWatch {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private last: ProcessUsage | undefined;
  private diskBytes: number | undefined;
  private diskInodes: number | undefined;
  private before: Sign | undefined;
  private activeAt = performance.now();
  diskWasFull = false;

  constructor(private readonly options: UsageWatchOptions) {}

  /** Of the last look. */
  get usage(): ProcessUsage | undefined {
    return this.last;
  }

  start(): void {
    const { idleMs } = this.options;
    const every = idleMs === undefined ? EVERY_MS : Math.max(LEAST_MS, Math.min(EVERY_MS, idleMs / 4));
    this.timer = setTimeout(() => {
      // What can't be read now is read at the next look.
      void this.look()
        .catch(() => undefined)
        .finally(() => {
          if (!this.stopped) this.start();
        });
    }, every);
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** One look, which counts like all others. */
  async take(): Promise<{ readonly usage: ProcessUsage; readonly counted: BoxUsage }> {
    const { driver, box, spools, startedAt } = this.options;
    const counted = await driver.usage(box);
    const { disk } = counted;
    if (disk !== undefined) {
      this.diskBytes = Math.max(this.diskBytes ?? 0, disk.bytes);
      this.diskInodes = Math.max(this.diskInodes ?? 0, disk.inodes);
      this.diskWasFull ||= disk.full;
    }
    const sampledAt = Date.now();
    const usage: ProcessUsage = {
      peakMemoryBytes: counted.peakMemoryBytes,
      peakProcesses: counted.peakProcesses,
      cpuMs: counted.cpuMs,
      peakDiskBytes: this.diskBytes,
      peakDiskInodes: this.diskInodes,
      outputBytes: spools.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0),
      wallMs: Math.max(0, sampledAt - startedAt),
      sampledAt,
    };
    this.last = usage;
    return { usage, counted };
  }

  private async look(): Promise<void> {
    const { usage, counted } = await this.take();
    if (this.stopped) return;
    if (counted.disk?.full === true && !counted.disk.enforced) this.options.onLimit('DISK_LIMIT');
    else if (await this.isIdle(usage, counted.cpuWaitMs ?? 0)) this.options.onLimit('IDLE_LIMIT');
  }

  private async isIdle({ outputBytes, cpuMs }: ProcessUsage, cpuWaitMs: number): Promise<boolean> {
    const { idleMs, isInLine, driver, box } = this.options;
    if (idleMs === undefined || cpuMs === undefined) return false;
    const answeredBytes = (await this.options.answeredBytes?.()) ?? 0;
    const now = performance.now();
    const before = this.before;
    this.before = { at: now, outputBytes, answeredBytes, cpuMs, cpuWaitMs };
    const isActive =
      before === undefined ||
      outputBytes > before.outputBytes ||
      answeredBytes !== before.answeredBytes ||
      cpuMs - before.cpuMs > (now - before.at) * IDLE_SHARE ||
      cpuWaitMs - before.cpuWaitMs > (now - before.at) * STARVED_SHARE ||
      // It may not work, which is not to say that it does not want to.
      isInLine?.() === true ||
      (await driver.isFrozen(box));
    if (isActive) this.activeAt = now;
    return now - this.activeAt >= idleMs;
  }
}

/** Of everything that ran in a sandbox: boxes are beside or after each other, so peaks are not added up. */
export function combineUsage(usages: readonly ProcessUsage[]): ProcessUsage | undefined {
  const [first, ...others] = usages;
  if (first === undefined) return undefined;
  return others.reduce(
    (a, b) => ({
      peakMemoryBytes: largest(a.peakMemoryBytes, b.peakMemoryBytes),
      peakProcesses: largest(a.peakProcesses, b.peakProcesses),
      cpuMs: a.cpuMs === undefined && b.cpuMs === undefined ? undefined : (a.cpuMs ?? 0) + (b.cpuMs ?? 0),
      peakDiskBytes: largest(a.peakDiskBytes, b.peakDiskBytes),
      peakDiskInodes: largest(a.peakDiskInodes, b.peakDiskInodes),
      outputBytes: a.outputBytes + b.outputBytes,
      wallMs: a.wallMs + b.wallMs,
      sampledAt: Math.max(a.sampledAt, b.sampledAt),
    }),
    first,
  );
}

function largest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
