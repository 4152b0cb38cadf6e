import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { LogBatch } from '@heddle/contracts/internal';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import type { Logger } from '@heddle/platform/logging';
import type { MessageSource } from '../streams/message-source.js';
import { IDLE, withIdle } from '../streams/with-idle.js';
import type { LogOwners, OwnerState } from './log-owners.js';
import type { LogStore, StoredBatch } from './log-store.js';
import { RecordSequence, type FreshRecords } from './record-sequence.js';

/** What one reader wants of a log. */
export interface LogQuery<T> {
  /** Of an attempt or landing. */
  readonly id: string;
  /** Number of the last record that the reader has. */
  readonly afterSequence: string;
  /** Stay until the end. */
  readonly follow: boolean;
  /** Only the last so many of what is there at the start; 0: all. */
  readonly tail: number;
  /** True where every line is wanted: then the end is found by numbers alone, as long as there are lines only. */
  readonly wantsEachLine: boolean;
  pick(fresh: FreshRecords): readonly T[];
}

export interface PickedBatch<T> {
  readonly records: readonly T[];
  /** All up to the end of the owner's last turn were given. */
  readonly complete: boolean;
}

/** A log that is open for a reader. */
export interface OpenLog<T> {
  /** All records were there when it was opened: the owner's last turn is over. */
  readonly complete: boolean;
  /** Nothing is left for this reader. */
  readonly finished: boolean;
  readonly batches: AsyncIterable<PickedBatch<T>>;
}

const IDLE_MS = 5_000;
/** How long after its end an owner's missing lines are still waited for. */
const LATE_LINES_MS = 60_000;

/** Reads the records of an attempt, landing or job from JetStream by their own numbers: a resumed reader misses none and gets none twice. */
export class LogReader {
  constructor(
    private readonly source: MessageSource,
    private readonly store: LogStore,
    private readonly owners: LogOwners,
    private readonly logger: Logger,
  ) {}

  /** @throws HeddleError OWNER_NOT_FOUND, FIELD_INVALID; while reading CURSOR_EXPIRED if lines after the cursor are gone */
  async open<T>(request: LogQuery<T>, signal: AbortSignal): Promise<OpenLog<T>> {
    checkFields(request);
    const head = await this.store.last(request.id);
    if (head === undefined) await this.owners.state(request.id);
    const complete = head?.batch.end === true && (await this.isOver(request.id));
    const last = Number(head?.batch.last ?? 0);
    return {
      complete,
      finished: complete && Number(request.afterSequence) >= last,
      batches: this.read(request, head, signal),
    };
  }

  private async *read<T>(
    request: LogQuery<T>,
    head: StoredBatch | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<PickedBatch<T>, void> {
    const { id, follow, tail } = request;
    const last = Number(head?.batch.last ?? 0);
    const endsByNumbers = request.wantsEachLine && Number(head?.batch.activityCount ?? 0) === 0;
    const after = Math.max(Number(request.afterSequence), tail > 0 && endsByNumbers ? last - tail : 0);
    if (head === undefined && !follow) {
      yield { records: [], complete: false };
      return;
    }
    const sequence = new RecordSequence(after);
    let held: T[] | undefined = tail > 0 && !endsByNumbers ? [] : undefined;
    // This reader's own end; the client's going away is told by the signal it was given.
    const done = new AbortController();
    let endSeen = false;
    const startSequence = head === undefined ? 1 : after > 0 ? await this.store.positionAfter(id, after, head) : 1;
    const position = { stream: STREAMS.logs, subjects: [SUBJECTS.log(id)], startSequence };
    const messages = this.source.messages(position, AbortSignal.any([signal, done.signal]));
    try {
      for await (const message of withIdle(messages, IDLE_MS)) {
        if (message === IDLE) {
          const end = await this.endAfterSilence(id, endSeen);
          if (end === undefined) continue;
          yield { records: held ?? [], complete: end === 'complete' };
          return;
        }
        const batch = LogBatch.decode(message.data);
        const records = request.pick(sequence.take(batch));
        const caughtUp = message.seq >= (head?.position ?? 0);
        endSeen = batch.end;
        const isLast = batch.end && message.info.pending === 0 && (await this.isOver(id));
        const finish = isLast || (!follow && caughtUp);
        if (held !== undefined) {
          held = [...held, ...records].slice(-tail);
          if (!caughtUp) continue;
        }
        const given = held ?? records;
        held = undefined;
        if (given.length > 0 || finish) yield { records: given, complete: isLast };
        if (finish) return;
      }
    } finally {
      done.abort();
    }
  }

  /** Nothing came for a while: is there anybody left who would write more? */
  private async endAfterSilence(id: string, endSeen: boolean): Promise<'complete' | 'cut' | undefined> {
    const state = await this.stateOf(id);
    if (state === 'GONE') return 'cut';
    if (state?.endTime === undefined) return undefined;
    if (state.neverRan || endSeen) return 'complete';
    return Date.now() - state.endTime.getTime() > LATE_LINES_MS ? 'cut' : undefined;
  }

  /** Whether an end that was written is the last: a claim that broke writes one too, and the next one goes on behind it. */
  private async isOver(id: string): Promise<boolean> {
    const state = await this.stateOf(id);
    return state === 'GONE' || state?.endTime !== undefined;
  }

  /** @returns undefined if the owner cannot be asked now */
  private async stateOf(id: string): Promise<OwnerState | 'GONE' | undefined> {
    try {
      return await this.owners.state(id);
    } catch (error) {
      if (HeddleError.is(error) && error.reason === 'OWNER_NOT_FOUND') return 'GONE';
      this.logger.debug({ err: error, id }, 'the owner of a log cannot be asked now');
      return undefined;
    }
  }
}

function checkFields(request: Pick<LogQuery<unknown>, 'id' | 'afterSequence' | 'tail'>): void {
  const violations = [];
  if (!/^[\w-]{1,64}$/.test(request.id))
    violations.push({ field: 'id', description: 'is not the id of an attempt, a landing or a job' });
  if (Number(request.afterSequence) < 0)
    violations.push({ field: 'after_sequence', description: 'must not be negative' });
  if (request.tail < 0) violations.push({ field: 'tail', description: 'must not be negative' });
  if (violations.length > 0) throw fieldInvalid(violations);
}
