import { setTimeout as delay } from 'node:timers/promises';
import { toModelUsage, type TurnReader } from '@heddle/agents';
import { LogLine_Phase, LogLine_Stream, type LogLine } from '@heddle/contracts';
import type { AgentRunUsage, LogBatch } from '@heddle/contracts/internal';
import type { Logger } from '@heddle/platform/logging';
import { SandboxError } from '@heddle/sandbox';
import { maskOf, maskText, type Mask } from '../secrets/secret-mask.js';
import { ActivityFeed } from './activity-feed.js';
import { lineContent } from './line-splitter.js';
import { LogBatchDraft } from './log-batch-draft.js';
import type { LogPosition, LogPublisher } from './log-publisher.js';
import { segmentFiles, turnOf, type LogSegment, type SegmentFile } from './log-segment.js';
import { readSpool } from './read-spool.js';
import { SpoolWatch } from './spool-watch.js';

export interface LogPumpOptions {
  readonly ownerId: string;
  readonly fence: number;
  readonly spool: string;
  /** What hides the secrets that a line must not show; lines wait until it is known. */
  readonly mask: () => Promise<Mask>;
  /** For each run of the agent; undefined where its output is plain text. */
  readonly activityReader?: (() => Pick<TurnReader, 'read' | 'isOver' | 'usage'> | undefined) | undefined;
  readonly publisher: Pick<LogPublisher, 'position' | 'publish'>;
  readonly logger: Logger;
}

interface Source {
  readonly segment: LogSegment;
  readonly files: readonly SegmentFile[];
  ended: boolean;
  done: boolean;
}

const BATCH_BYTES = 64 * 1024;
const BATCH_LINES = 1_000;
const RETRY_MS = 250;

/**
 * Copies one sandbox's spools to its log subject, each line once and numbered without gaps. All it must remember is in
 * the subject's last message; a restarted pump goes on from there. JetStream away: the spools wait.
 */
export class LogPump {
  private readonly sources: Source[] = [];
  private readonly watch: SpoolWatch;
  private readonly offsets = new Map<string, number>();
  private mask = maskOf([]);
  private lastMessage = 0;
  /** Sequence of the last record that was published. */
  private lastRecord = 0;
  private activityCount = 0;
  /** By the key of the spool. */
  private readonly feeds = new Map<string, ActivityFeed>();
  private ending = false;
  private stopped = false;
  private over: Promise<'ENDED' | 'STOPPED'> | undefined;

  constructor(private readonly options: LogPumpOptions) {
    this.watch = new SpoolWatch(options.spool);
  }

  /** What the agent's runs have told of models, those that are over left out. */
  usage(): AgentRunUsage[] {
    return this.sources.flatMap(({ segment, files }) =>
      files.flatMap(({ key }) => {
        const feed = this.feeds.get(key);
        const models = feed?.usage ?? [];
        if (feed === undefined || models.length === 0) return [];
        const shown = models.map((count) => ({ ...toModelUsage(count), model: maskText(this.mask, count.model) }));
        return [{ run: segment.name, models: shown, turn: feed.turn }];
      }),
    );
  }

  /** What its agent is doing now, in one line; empty where that is not known, and between its runs. */
  doing(): string {
    const lines = this.sources.flatMap(({ files }) =>
      files.map(({ key }) => this.feeds.get(key)?.doing((text) => maskText(this.mask, text))),
    );
    return lines.findLast((line) => line !== undefined) ?? '';
  }

  start(): void {
    this.over ??= this.run();
  }

  addSegment(segment: LogSegment, ended = false): void {
    const known = this.sources.find((source) => source.segment.name === segment.name);
    if (known !== undefined) known.ended ||= ended;
    else this.sources.push({ segment, files: segmentFiles(this.options.spool, segment), ended, done: false });
    this.watch.poke();
  }

  /** Nothing is written to the segment's files any more. */
  endSegment(name: string): void {
    for (const source of this.sources) if (source.segment.name === name) source.ended = true;
    this.watch.poke();
  }

  /**
   * No segment follows. Resolves when the end is on record (or a newer claim's writer has taken over).
   * @throws SandboxError SANDBOX_UNAVAILABLE when the pump was stopped before: lines are in the spools alone
   */
  async end(): Promise<void> {
    this.ending = true;
    for (const source of this.sources) source.ended = true;
    this.watch.poke();
    this.start();
    if ((await this.over) !== 'ENDED')
      throw new SandboxError('SANDBOX_UNAVAILABLE', 'the log was let go of before its end was on record');
  }

  /** Leaves the log as it is; the next pump goes on. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.watch.poke();
    await this.over;
    this.watch.close();
  }

  private async run(): Promise<'ENDED' | 'STOPPED'> {
    try {
      const mask = await this.insist(
        'log lines wait to be told the secrets that they must not show',
        this.options.mask,
      );
      if (mask === undefined) return 'STOPPED';
      this.mask = mask;
      let where = await this.locate();
      while (where === 'MINE') {
        const next = await this.insist('log lines wait in a spool that cannot be read', () => this.collectAnew());
        if (next === undefined) return 'STOPPED';
        const { batch, isComplete, offsets } = next;
        const isEnd = isComplete && this.ending;
        if (batch.count === 0 && !isEnd) await this.watch.change();
        else if (!(await this.publish(batch, offsets, isEnd))) where = await this.locate();
        else if (isEnd) return 'ENDED';
      }
      return where === 'SUPERSEDED' ? 'ENDED' : 'STOPPED';
    } finally {
      this.watch.close();
    }
  }

  /** Reads from where the log stands; ends when JetStream answers. */
  private async locate(): Promise<'MINE' | 'SUPERSEDED' | 'STOPPED'> {
    const { publisher, ownerId } = this.options;
    const position = await this.insist('log lines wait for JetStream', () => publisher.position(ownerId));
    return position === undefined ? 'STOPPED' : this.takeUp(position);
  }

  /** Repeats what fails for now (JetStream away, no descriptors left); undefined once the pump is stopped. */
  private async insist<T>(complaint: string, work: () => Promise<T>): Promise<T | undefined> {
    for (let said = false; !this.stopped; said = true) {
      try {
        return await work();
      } catch (error) {
        if (!said) this.options.logger.warn({ err: error, owner: this.options.ownerId }, complaint);
        await delay(RETRY_MS);
      }
    }
    return undefined;
  }

  private takeUp({ lastMessage, batch }: LogPosition): 'MINE' | 'SUPERSEDED' {
    this.lastMessage = lastMessage;
    this.lastRecord = Number(batch?.last ?? 0);
    this.activityCount = Number(batch?.activityCount ?? 0);
    this.offsets.clear();
    // Each may be ahead of what is on record: it begins anew.
    this.feeds.clear();
    const fence = Number(batch?.fence ?? 0);
    if (fence > this.options.fence) return 'SUPERSEDED';
    if (batch !== undefined && fence === this.options.fence) {
      if (batch.end) return 'SUPERSEDED';
      for (const [key, offset] of Object.entries(batch.spoolOffsets)) this.offsets.set(key, Number(offset));
    }
    for (const source of this.sources) source.done = false;
    return 'MINE';
  }

  /** What failed half-way has moved readers on: the next try begins with new ones. */
  private async collectAnew(): ReturnType<LogPump['collect']> {
    try {
      return await this.collect();
    } catch (error) {
      this.feeds.clear();
      throw error;
    }
  }

  /** The next records, in the log's order, as far as they are there. */
  private async collect(): Promise<{ batch: LogBatchDraft; isComplete: boolean; offsets: Map<string, number> }> {
    const batch = new LogBatchDraft(this.lastRecord);
    const offsets = new Map(this.offsets);
    let room = BATCH_BYTES;
    for (const source of this.sources) {
      if (source.done) continue;
      // Asked before reading: what comes in between is read next time.
      const ended = source.ended;
      let isRead = true;
      for (const file of source.files) {
        // What the platform says afterwards comes after all that was printed.
        if (file.key.endsWith('.after') && !(ended && isRead)) break;
        const offset = offsets.get(file.key) ?? 0;
        const maxPieces = BATCH_LINES - batch.count;
        const { pieces, consumed, isAtEnd } = await readSpool(file.path, offset, ended, room, maxPieces);
        const feed = pieces.length === 0 ? undefined : await this.feedOf(source.segment, file, offset);
        for (const piece of pieces) {
          batch.addLine(this.line(source.segment, file, piece.bytes));
          for (const activity of feed?.take(piece) ?? [])
            batch.addActivity(activity, feed?.turn ?? 0, (text) => maskText(this.mask, text));
        }
        offsets.set(file.key, offset + consumed);
        room -= consumed;
        isRead &&= isAtEnd;
        if (room <= 0 || batch.count >= BATCH_LINES) return { batch, isComplete: false, offsets };
      }
      if (!ended || !isRead) return { batch, isComplete: false, offsets };
      source.done = batch.count === 0;
    }
    return { batch, isComplete: true, offsets };
  }

  private line(segment: LogSegment, file: SegmentFile, bytes: Buffer): Omit<LogLine, 'sequence'> {
    return {
      time: new Date(),
      stream: file.stream,
      phase: segment.phase,
      check: segment.check,
      ...lineContent(this.mask(bytes)),
    };
  }

  /** Of a spool that an agent prints activity to; it has read what is before the offset. */
  private async feedOf(segment: LogSegment, file: SegmentFile, offset: number): Promise<ActivityFeed | undefined> {
    if (segment.phase !== LogLine_Phase.AGENT || file.stream !== LogLine_Stream.STDOUT) return undefined;
    const known = this.feeds.get(file.key);
    if (known !== undefined) return known;
    const reader = this.options.activityReader?.();
    if (reader === undefined) return undefined;
    const feed = new ActivityFeed(turnOf(segment), reader);
    await feed.catchUp(file.path, offset);
    this.feeds.set(file.key, feed);
    return feed;
  }

  /** False where only a look at the log can tell whether it was stored. */
  private async publish(draft: LogBatchDraft, offsets: Map<string, number>, end: boolean): Promise<boolean> {
    const batch: LogBatch = {
      fence: String(this.options.fence),
      first: String(this.lastRecord + 1),
      last: String(this.lastRecord + draft.count),
      lines: draft.lines,
      activities: draft.activities,
      activityCount: String(this.activityCount + draft.activities.length),
      spoolOffsets: Object.fromEntries(
        [...offsets].filter(([, offset]) => offset > 0).map(([key, offset]) => [key, String(offset)]),
      ),
      end,
    };
    try {
      const outcome = await this.options.publisher.publish(this.options.ownerId, batch, this.lastMessage);
      if (outcome.kind === 'MOVED') return false;
      this.lastMessage = outcome.lastMessage;
      this.lastRecord += draft.count;
      this.activityCount += draft.activities.length;
      for (const [key, offset] of offsets) this.offsets.set(key, offset);
      return true;
    } catch (error) {
      this.options.logger.warn({ err: error, owner: this.options.ownerId }, 'a log batch was not acknowledged');
      await delay(RETRY_MS);
      return false;
    }
  }
}
