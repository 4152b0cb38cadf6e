import { stat } from 'node:fs/promises';
import { RepeatedSteps, type TurnReader } from '@heddle/agents';
import type { Logger } from '@heddle/platform/logging';
import { ActivityFeed } from '../logs/activity-feed.js';
import { readSpool } from '../logs/read-spool.js';

/** What an agent may do only for so long, by what it prints; 0: for ever. */
export interface TurnLimits {
  /** Milliseconds that its program may stay once its protocol has said that the turn is over. */
  readonly exitGraceMs: number;
  /** How often in a row it may do the same with the same outcome. */
  readonly repeats: number;
}

export interface TurnWatchOptions {
  readonly limits: TurnLimits;
  /** What the program prints activity to. */
  readonly spool: string;
  readonly turn: number;
  readonly reader: TurnReader;
  /** Ends the program; false where it can't be ended now. */
  readonly end: () => Promise<boolean>;
  readonly logger: Logger;
}

const EVERY_MS = 1_000;
const LEAST_MS = 50;
const ROOM_BYTES = 256 * 1024;

/**
 * Ends a program whose output says that nothing more will come of it: its turn is over and it stays, or it goes round in
 * circles. All that it knows it reads from the spool, so that a restarted runner's knows the same; it does not wait for
 * JetStream, as the log does.
 */
export class TurnWatch {
  private readonly feed: ActivityFeed;
  private readonly steps = new RepeatedSteps();
  private offset = 0;
  /** Unix milliseconds. */
  private overSince: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly options: TurnWatchOptions) {
    this.feed = new ActivityFeed(options.turn, options.reader);
  }

  start(): void {
    if (this.stopped) return;
    const { exitGraceMs } = this.options.limits;
    const every = exitGraceMs === 0 ? EVERY_MS : Math.max(LEAST_MS, Math.min(EVERY_MS, exitGraceMs / 4));
    this.timer = setTimeout(() => void this.look(), every);
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      await this.read();
      if (this.isToEnd() && !this.stopped) {
        if (await this.options.end()) return;
        // A paused one can't go by itself: it gets its time again.
        if (this.overSince !== undefined) this.overSince = Date.now();
      }
    } catch (error) {
      // What failed now is looked at again.
      if (!this.stopped) this.options.logger.warn({ err: error }, 'what an agent printed could not be looked at');
    }
    this.start();
  }

  private isToEnd(): boolean {
    const { exitGraceMs, repeats } = this.options.limits;
    if (this.overSince !== undefined) return exitGraceMs > 0 && Date.now() - this.overSince >= exitGraceMs;
    return repeats > 0 && this.steps.row >= repeats;
  }

  private async read(): Promise<void> {
    const { spool, reader } = this.options;
    const writtenAt = await modifiedAt(spool);
    for (let consumed = 1; consumed > 0 && !this.stopped;) {
      const read = await readSpool(spool, this.offset, false, ROOM_BYTES);
      for (const piece of read.pieces) {
        for (const activity of this.feed.take(piece)) this.steps.add(activity);
        // It may have been over in between, and gone on.
        if (!reader.isOver) this.overSince = undefined;
      }
      consumed = read.consumed;
      this.offset += consumed;
    }
    if (reader.isOver) this.overSince ??= Math.min(writtenAt ?? Infinity, Date.now());
  }
}

/** Unix milliseconds; undefined of a file that is not there. */
async function modifiedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
