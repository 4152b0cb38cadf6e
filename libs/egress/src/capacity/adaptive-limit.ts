/** Times are milliseconds. */
export interface LimitOptions {
  /** Requests at once before anything is known of the server, and the most that are ever let go at once. */
  readonly initial: number;
  readonly max: number;
  /** How soon one more at once is tried; doubled by each try that was refused, up to the second. */
  readonly probeEveryMs: number;
  readonly maxProbeEveryMs: number;
  /** Pause after a refusal that names no time; doubled by each in a row, up to the second. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** For how long the first request after a pause goes alone; refusals come fast, answers need not. */
  readonly testMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export const DEFAULT_LIMIT: LimitOptions = {
  initial: 4,
  max: 256,
  probeEveryMs: 10_000,
  maxProbeEveryMs: 5 * 60_000,
  firstPauseMs: 1_000,
  maxPauseMs: 20_000,
  testMs: 5_000,
  random: Math.random,
};

const DECREASE = 0.75;
/** Of a pause that the server named, on top of it: hosts that were told the same do not come back in one moment. */
const SPREAD = 0.1;
const MAX_SPREAD_MS = 1_000;

/** One request that was let go. */
export interface Sent {
  state: 'UNANSWERED' | 'ACCEPTED' | 'ENDED';
  readonly epoch: number;
  readonly limit: number;
}

/**
 * How many requests a server takes at once, found by what it refuses. Additive increase, multiplicative decrease, and a
 * pause after each refusal. It knows no timers: whoever asks says what time it is, on a clock that does not go back.
 */
export class AdaptiveLimit {
  private limit: number;
  private inFlight = 0;
  /** Raised by each refusal; those that were sent before it and are refused as well say nothing new. */
  private epoch = 0;
  private pausedUntil = 0;
  private inARow = 0;
  /** Until the server took one request since the last refusal. */
  private isTesting = false;
  private tested: { readonly sent: Sent; readonly until: number } | undefined;
  /** The limit is one that the server has not been seen to take yet. */
  private isProbing = false;
  private probeEveryMs: number;
  private nextProbe = 0;

  constructor(private readonly options: LimitOptions = DEFAULT_LIMIT) {
    this.limit = options.initial;
    this.probeEveryMs = options.probeEveryMs;
  }

  /** Whole requests at once, at least one. */
  get current(): number {
    return this.limit;
  }

  get count(): number {
    return this.inFlight;
  }

  /** Nothing is let go before this time. */
  get opensAt(): number {
    return this.pausedUntil;
  }

  /** Of the server, since it took the last request; several that were under way together count once. */
  get refusalsInARow(): number {
    return this.inARow;
  }

  mayStart(now: number): boolean {
    if (now < this.pausedUntil || this.inFlight >= this.limit) return false;
    return !this.isTesting || this.tested === undefined || now >= this.tested.until;
  }

  /** When `mayStart` may change by itself; undefined: only by an answer or an end. */
  nextChange(now: number): number | undefined {
    if (now < this.pausedUntil) return this.pausedUntil;
    return this.isTesting && this.tested !== undefined && now < this.tested.until ? this.tested.until : undefined;
  }

  /** To be called where `mayStart`. */
  start(now: number): Sent {
    const sent: Sent = { state: 'UNANSWERED', epoch: this.epoch, limit: this.limit };
    this.inFlight += 1;
    if (this.isTesting) this.tested = { sent, until: now + this.options.testMs };
    return sent;
  }

  /** The server took it; its answer goes on until `end`. */
  accept(sent: Sent, now: number): void {
    if (sent.state !== 'UNANSWERED') return;
    sent.state = 'ACCEPTED';
    if (sent.epoch !== this.epoch) return;
    this.isTesting = false;
    this.inARow = 0;
    if (this.inFlight < this.limit) return;
    if (this.isProbing && sent.limit === this.limit) {
      this.isProbing = false;
      this.probeEveryMs = this.options.probeEveryMs;
    }
    // Before the first refusal nothing speaks against more: it doubles with each round of answers.
    if (this.epoch === 0) this.limit = Math.min(this.limit + 1, this.options.max);
    else if (!this.isProbing && now >= this.nextProbe && this.limit < this.options.max) {
      this.limit += 1;
      this.isProbing = true;
      this.nextProbe = now + this.probeEveryMs;
    }
  }

  /**
   * The server is asked too often, or too much at once.
   * @param retryAfterMs what the server named
   * @returns for how long from now nothing is let go
   */
  refuse(sent: Sent, now: number, retryAfterMs?: number): number {
    if (sent.state !== 'UNANSWERED') return 0;
    this.end(sent);
    const isNews = sent.epoch === this.epoch;
    if (isNews) this.decrease(now);
    // What is still under way it has taken, or will refuse in a moment.
    this.limit = Math.max(1, Math.min(this.limit, this.inFlight));
    const pauseMs = Math.max(this.spread(retryAfterMs), isNews ? this.backoff() : 0);
    this.pausedUntil = Math.max(this.pausedUntil, now + pauseMs);
    this.isTesting = true;
    return this.pausedUntil - now;
  }

  /** Its answer is over, or there will be none. */
  end(sent: Sent): void {
    if (sent.state === 'ENDED') return;
    sent.state = 'ENDED';
    this.inFlight -= 1;
    if (this.tested?.sent === sent) this.tested = undefined;
  }

  private decrease(now: number): void {
    this.epoch += 1;
    this.inARow += 1;
    this.tested = undefined;
    // One too many was found out; what was taken before still is.
    if (this.isProbing) {
      this.limit -= 1;
      this.probeEveryMs = Math.min(this.probeEveryMs * 2, this.options.maxProbeEveryMs);
    } else this.limit = Math.floor(this.limit * DECREASE);
    this.isProbing = false;
    this.nextProbe = now + this.probeEveryMs;
  }

  private backoff(): number {
    const { firstPauseMs, maxPauseMs, random } = this.options;
    return Math.min(firstPauseMs * 2 ** (this.inARow - 1), maxPauseMs) * (0.5 + random() / 2);
  }

  private spread(retryAfterMs = 0): number {
    return retryAfterMs + Math.min(retryAfterMs * SPREAD, MAX_SPREAD_MS) * this.options.random();
  }
}
