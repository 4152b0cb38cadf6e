import {
  foldJournal,
  hostIdentity,
  processKey,
  SandboxError,
  type BoxSpec,
  type JournalState,
  type ProcessIdentity,
  type ProcessResult,
  type ProcessState,
  type ProcessUsage,
  type SandboxDirectory,
  type SandboxDriver,
  type StopReason,
} from '@heddle/sandbox';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@heddle/platform/logging';
import type { BoxName, Params, ProcessName, StartParams } from '../protocol/supervisor-protocol.js';
import { ended, type Entry } from './process-entry.js';
import { findUnrecorded } from './find-unrecorded.js';
import { PauseRecord } from './pause-record.js';
import { SandboxBoxes } from './sandbox-boxes.js';
import { combineUsage } from './usage-watch.js';
import type { SandboxEgress } from './egress/sandbox-egress.js';
import { WatchedProcess, type WatchedProcessOptions } from './watched-process.js';

/** After a process's own time limit. */
const TIMEOUT_GRACE_MS = 2_000;
const STOP_GRACE_MS = 10_000;
const KILL_LIMIT_MS = 20_000;
const RETRY_MS = 1_000;
/** Whoever pauses can wait: a sandbox with many processes takes longer than a checkpoint may hold one. */
const PAUSE_LIMIT_MS = 10_000;

/** One sandbox on this host: its boxes, its processes, its journal. All calls are idempotent by their names. */
export class SandboxKeeper {
  private readonly boxes: SandboxBoxes;
  private readonly processes = new Map<string, Promise<Entry>>();
  private readonly running = new Set<Entry>();
  /** Of what has ended, by process. */
  private readonly used = new Map<string, ProcessUsage>();
  private readonly thawTimers = new Map<string, NodeJS.Timeout>();
  private stopping: StopReason | undefined;
  private isStopOnRecord = false;
  private readonly pauses = new PauseRecord();
  private interrupting = false;
  private removing = false;

  private constructor(
    private readonly directory: SandboxDirectory,
    private readonly driver: SandboxDriver,
    private readonly egress: SandboxEgress,
    private readonly logger: Logger,
  ) {
    this.boxes = new SandboxBoxes(directory.journal, driver);
  }

  /** Takes over what the journal names: living processes are watched again, dead ones get their result. */
  static async open(
    directory: SandboxDirectory,
    driver: SandboxDriver,
    egress: SandboxEgress,
    logger: Logger,
  ): Promise<SandboxKeeper> {
    const keeper = new SandboxKeeper(directory, driver, egress, logger);
    await keeper.adopt(foldJournal(await directory.journal.read()));
    return keeper;
  }

  get isRunning(): boolean {
    return this.running.size > 0;
  }

  /** On record, and not destroyed. */
  get liveBoxes(): BoxSpec[] {
    return this.boxes.all;
  }

  /** Of everything that ran or runs in it; undefined before anybody looked. */
  get usage(): ProcessUsage | undefined {
    const live = [...this.running].map((entry) => entry.process?.usage).filter((usage) => usage !== undefined);
    return combineUsage([...this.used.values(), ...live]);
  }

  async createBox(box: BoxSpec): Promise<void> {
    await this.boxes.create(box);
  }

  async grantEgress({ box, grant, files }: Params<'grantEgress'>): Promise<void> {
    await this.egress.grant(this.boxes.get(box), grant, files);
  }

  async start(params: StartParams): Promise<{ startedAt: number }> {
    const key = processKey(params.box, params.process.id);
    let entry = this.processes.get(key);
    if (entry === undefined) {
      this.refuseStart();
      entry = this.spawn(params);
      this.processes.set(key, entry);
      // What could not be started may be tried again.
      entry.catch(() => this.processes.delete(key));
    }
    return { startedAt: (await entry).startedAt };
  }

  async wait(name: ProcessName): Promise<ProcessResult> {
    return (await this.entry(name)).result;
  }

  /** False where it is left as it is: a paused one could not use its grace. */
  async end({ graceMs, ...name }: Params<'end'>): Promise<boolean> {
    const { process } = await this.entry(name);
    if (this.isPaused) return false;
    await process?.end('ENDED', graceMs);
    return true;
  }

  async stop(reason: StopReason, graceMs: number): Promise<boolean> {
    this.stopping ??= reason;
    this.endPause();
    // A start that is under way ends first, so that nobody is missed. A full disk may refuse the line: what fills it has
    // to end all the same, and who asked is told only when the line is there.
    await Promise.allSettled([this.recordStop(this.stopping), ...this.processes.values()]);
    const stopped = this.isRunning;
    await this.endAll('STOPPED', graceMs);
    await this.recordStop(this.stopping);
    return stopped;
  }

  /** The platform goes down: everything ends, and may run again later. */
  async interrupt(graceMs: number): Promise<void> {
    this.interrupting = true;
    this.pauses.letGo();
    await Promise.allSettled(this.processes.values());
    await this.endAll('INTERRUPTED', graceMs);
    await this.egress.closeAll();
    for (const box of this.boxes.all) await this.driver.destroy(box);
  }

  async freeze(name: BoxName, limitMs: number, holdMs: number): Promise<void> {
    const box = this.boxes.get(name.box);
    await this.driver.freeze(box, limitMs);
    clearTimeout(this.thawTimers.get(name.box));
    // Whoever asked may die meanwhile.
    this.thawTimers.set(
      name.box,
      setTimeout(() => void this.thaw(name).catch(() => undefined), holdMs),
    );
  }

  async thaw(name: BoxName): Promise<void> {
    clearTimeout(this.thawTimers.get(name.box));
    // Whoever looked at it gives it back as it was.
    if (!this.isPaused) await this.driver.thaw(this.boxes.get(name.box));
  }

  get isPaused(): boolean {
    return this.pauses.isPaused;
  }

  /**
   * Nothing of the sandbox runs until it is resumed or stopped; what is started meanwhile waits. On record before it is
   * so: no supervisor finds a frozen box without a reason, and the next one keeps it frozen.
   */
  pause(): Promise<{ readonly since: number }> {
    return this.pauses.inTurn(async () => {
      if (this.stopping !== undefined) throw new SandboxError('SANDBOX_NOT_FROZEN', 'the sandbox is being stopped');
      const since = this.pauses.since ?? Date.now();
      if (!this.isPaused) await this.directory.journal.append({ type: 'paused', since });
      this.pauses.begin(since);
      try {
        await this.freezeAll();
      } catch (error) {
        await this.endPauseOnRecord();
        throw error;
      }
      return { since };
    });
  }

  async resume(): Promise<void> {
    await this.pauses.inTurn(() => this.endPauseOnRecord());
  }

  async destroyBox(name: string): Promise<void> {
    const box = this.boxes.find(name);
    if (box === undefined) return;
    await this.driver.kill(box, KILL_LIMIT_MS);
    await this.egress.close(name);
    await this.boxes.destroy(box);
  }

  /** Everything of the sandbox goes, also what still runs. */
  async remove(): Promise<void> {
    this.removing = true;
    this.pauses.letGo();
    // What is being made or started must be there before it can go.
    await Promise.allSettled([this.boxes.close(), ...this.processes.values()]);
    for (const [name, timer] of this.thawTimers) {
      clearTimeout(timer);
      this.thawTimers.delete(name);
    }
    for (const box of this.boxes.all) {
      await this.driver.kill(box, KILL_LIMIT_MS);
      await this.driver.destroy(box);
    }
    this.boxes.clear();
    await this.egress.closeAll();
    await this.directory.remove();
  }

  private async freezeAll(): Promise<void> {
    for (const entry of this.running) entry.process?.pauseTimer();
    for (const box of this.runningBoxes()) await this.driver.freeze(box, PAUSE_LIMIT_MS);
    // It came while this was going on, and what it has to end must run.
    if (this.stopping !== undefined) await this.thawAll();
  }

  /** Nobody waits for it: who asked has had the answer. */
  private async refreeze(): Promise<void> {
    await this.freezeAll().catch((error: unknown) => {
      this.logger.error({ err: error, directory: this.directory.path }, 'a paused sandbox could not be frozen again');
    });
  }

  private async thawAll(): Promise<void> {
    for (const box of this.runningBoxes()) await this.driver.thaw(box);
  }

  /** In all others nothing lives. */
  private runningBoxes(): BoxSpec[] {
    return [...new Set([...this.running].map((entry) => entry.box))].map((name) => this.boxes.get(name));
  }

  private async endPauseOnRecord(): Promise<void> {
    if (!this.isPaused) return;
    await this.directory.journal.append({ type: 'resumed', until: Date.now() });
    this.endPause();
    await this.thawAll();
  }

  private endPause(): void {
    this.pauses.end();
    for (const entry of this.running) entry.process?.resumeTimer();
  }

  private async entry({ sandbox, box, process }: ProcessName): Promise<Entry> {
    const entry = await this.processes.get(processKey(box, process));
    if (entry !== undefined) return entry;
    throw new SandboxError('SANDBOX_UNKNOWN', `process ${process} of ${sandbox} was never started`);
  }

  private refuseStart(): void {
    if (this.stopping !== undefined || this.interrupting || this.removing)
      throw new SandboxError('SANDBOX_SPAWN_FAILED', 'the sandbox is being stopped');
  }

  private async recordStop(reason: StopReason): Promise<void> {
    if (this.isStopOnRecord) return;
    await this.directory.journal.append({ type: 'stopping', reason });
    this.isStopOnRecord = true;
  }

  private async endAll(how: 'STOPPED' | 'INTERRUPTED', graceMs: number): Promise<void> {
    await Promise.all(
      [...this.running].map(async (entry) => {
        await entry.process?.end(how, graceMs);
        await entry.result;
      }),
    );
    // By looking: a start that no supervisor lived to record may have left somebody.
    for (const box of this.boxes.all) await this.driver.kill(box, KILL_LIMIT_MS);
  }

  private async spawn(params: StartParams): Promise<Entry> {
    const box = this.boxes.get(params.box);
    await this.boxes.ensureReady(box);
    await this.pauses.over();
    this.refuseStart();
    // Never two at once: what a start that is not on record left ends first.
    await this.driver.kill(box, KILL_LIMIT_MS);
    const network = await this.egress.network(box);
    const { process, timeoutMs, idleMs, captured } = params;
    const spools = [process.spool.stdout, process.spool.stderr];
    const terms = { spools, timeoutMs, idleMs, captured };
    const common = { box: params.box, process: process.id };
    const onDrained = (drainers: readonly ProcessIdentity[]): Promise<void> =>
      this.directory.journal.append({ ...common, ...terms, type: 'starting', drainers });
    const started = await this.driver.spawn(box, process, onDrained, network);
    try {
      const { main, startedAt } = started;
      await this.directory.journal.append({ ...common, type: 'started', main, startedAt });
    } catch (error) {
      // Nobody would know of it.
      await this.driver.kill(box, KILL_LIMIT_MS);
      throw error;
    }
    const entry = this.watch({ ...started, ...terms, box, id: process.id });
    // A pause that came in the middle of this did not know of it.
    if (this.isPaused) await this.refreeze();
    return entry;
  }

  private watch(
    options: Omit<WatchedProcessOptions, 'driver' | 'graceMs' | 'pausedMs' | 'answeredBytes' | 'isInLine'>,
  ): Entry {
    const process = new WatchedProcess({
      ...options,
      driver: this.driver,
      graceMs: TIMEOUT_GRACE_MS,
      answeredBytes: () => this.egress.answeredBytes(options.box.name),
      pausedMs: () => this.pauses.msSince(options.startedAt),
      isInLine: () => this.egress.isInLine(options.box.name),
    });
    if (this.isPaused) process.pauseTimer();
    const result = this.insist(async () => {
      const ended = await process.watch();
      // Nobody in there asks for anything any more, and all that was asked for is to be on record.
      await this.egress.close(options.box.name);
      return this.record(options.box.name, options.id, ended);
    });
    const entry: Entry = { box: options.box.name, startedAt: options.startedAt, process, result };
    this.running.add(entry);
    const over = (): unknown => this.running.delete(entry);
    result.then(over, over);
    return entry;
  }

  /**
   * Whoever is told how a process ended may run it again: nobody is told anything while something of it may still act, or
   * while its end is not on record. Both can take as long as a dead disk or a full one takes to be seen to. Only the end of
   * the sandbox or of the platform is not kept waiting.
   */
  private async insist<T>(action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (this.removing || this.interrupting) throw error;
        this.logger.error({ err: error, directory: this.directory.path }, 'a process has not ended yet; looking again');
      }
      await delay(RETRY_MS);
    }
  }

  private async record(box: string, process: string, result: ProcessResult): Promise<ProcessResult> {
    const full = result.outcome === 'STOPPED' ? { ...result, stopReason: this.stopping } : result;
    await this.directory.journal.append({ type: 'ended', box, process, result: full });
    this.remember(box, process, full);
    return full;
  }

  private remember(box: string, process: string, { usage }: ProcessResult): void {
    if (usage !== undefined) this.used.set(processKey(box, process), usage);
  }

  private async adopt(state: JournalState): Promise<void> {
    this.stopping = state.stopping;
    this.isStopOnRecord = state.stopping !== undefined;
    this.pauses.restore(state.pauses);
    for (const [name, box] of state.boxes) if (!state.destroyed.has(name)) this.boxes.adopt(box);
    for (const [key, process] of state.processes) {
      const entry = await this.adoptProcess(process);
      if (entry !== undefined) this.processes.set(key, Promise.resolve(entry));
    }
    // Its supervisor may have died between the line that says so and the freeze itself.
    if (this.isPaused) await this.refreeze();
    // A stop or a freeze that its supervisor did not live to end.
    for (const entry of this.running)
      if (this.stopping !== undefined) void entry.process?.end('STOPPED', STOP_GRACE_MS).catch(() => undefined);
  }

  private async adoptProcess(state: ProcessState): Promise<Entry | undefined> {
    const box = this.boxes.find(state.box);
    const recorded = state.main ?? state.drainers[0];
    const isOfThisBoot = recorded === undefined || recorded.bootId === (await hostIdentity()).bootId;
    if (state.result !== undefined && (isOfThisBoot || state.stored || box === undefined)) {
      this.remember(state.box, state.process, state.result);
      return ended(state.box, state.result, state.startedAt);
    }
    if (box === undefined) return undefined;
    if (!isOfThisBoot) return ended(state.box, await this.interruptedByHost(state), state.startedAt);
    const main = state.main ?? (await findUnrecorded(this.driver, this.directory.journal, box, state));
    if (main === undefined) return undefined;
    if (!this.isPaused) await this.driver.thaw(box).catch(() => undefined);
    await this.egress.adopt(box, main);
    const startedAt = state.startedAt ?? Date.now();
    // A stop was asked for, and nobody saw whether this one had ended before. It counts as stopped: the code with which
    // SIGTERM ends an agent would pass for the agent's failure.
    const forced = this.stopping === undefined ? undefined : 'STOPPED';
    return this.watch({ ...state, main, startedAt, box, id: state.process, forced });
  }

  /** Also where an end is on record: what is stored nowhere need not be on the disk, whatever the journal says of it. */
  private interruptedByHost({ box, process, startedAt }: ProcessState): Promise<ProcessResult> {
    const endedAt = Date.now();
    return this.record(box, process, { outcome: 'INTERRUPTED', startedAt, endedAt, outputTruncated: false });
  }
}
