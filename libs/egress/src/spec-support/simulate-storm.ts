import { AdaptiveLimit, DEFAULT_LIMIT, type Sent } from '../capacity/adaptive-limit.js';

export interface StormOptions {
  readonly tasks: number;
  /** Of each task, one after the other. */
  readonly requests: number;
  /** Tasks at once. */
  readonly workers: number;
  /** Requests that the server takes at once; it refuses the others. */
  readonly takes: number;
  readonly retryAfterMs?: number | undefined;
  /** An answer takes a half to one and a half of it. */
  readonly answerMs: number;
  readonly seed: number;
  /** False: every request goes out at once, and again a second after a refusal. */
  readonly isGated?: boolean;
}

export interface StormOutcome {
  readonly done: number;
  readonly refused: number;
  /** That the server had taken. */
  readonly mostAtOnce: number;
  readonly tookMs: number;
}

const TO_SERVER_MS = 5;
const LONGEST_MS = 24 * 3_600_000;

/** A storm in time that only the simulation knows. */
export function simulate(options: StormOptions): StormOutcome {
  return new Storm(options).run();
}

class Storm {
  private now = 0;
  private readonly events: { readonly at: number; readonly work: () => void }[] = [];
  private readonly line: number[] = [];
  private readonly limit: AdaptiveLimit;
  private readonly random: () => number;
  private readonly left: number[];
  private begun = 0;
  private taken = 0;
  private outcome = { done: 0, refused: 0, mostAtOnce: 0 };
  private wakes = -1;

  constructor(private readonly options: StormOptions) {
    this.random = randomOf(options.seed);
    this.limit = new AdaptiveLimit({ ...DEFAULT_LIMIT, random: this.random });
    this.left = Array.from({ length: options.tasks }, () => options.requests);
  }

  run(): StormOutcome {
    for (let worker = 0; worker < this.options.workers; worker += 1) this.beginTask();
    while (this.outcome.done < this.options.tasks && this.now < LONGEST_MS) {
      this.pump();
      this.events.sort((a, b) => a.at - b.at);
      const next = this.events.shift();
      if (next === undefined) break;
      this.now = next.at;
      next.work();
    }
    return { ...this.outcome, tookMs: this.now };
  }

  private beginTask(): void {
    if (this.begun < this.options.tasks) this.line.push(this.begun++);
  }

  private pump(): void {
    const isGated = this.options.isGated !== false;
    while (this.line.length > 0 && (!isGated || this.limit.mayStart(this.now))) this.send(this.line.shift() ?? 0);
    const next = this.limit.nextChange(this.now);
    if (next === undefined || next <= this.wakes) return;
    this.wakes = next;
    this.after(next - this.now, () => undefined);
  }

  private send(task: number): void {
    const sent = this.limit.start(this.now);
    this.after(TO_SERVER_MS, () => {
      if (this.taken >= this.options.takes) this.refuse(task, sent);
      else this.take(task, sent);
    });
  }

  private refuse(task: number, sent: Sent): void {
    this.outcome.refused += 1;
    this.after(TO_SERVER_MS, () => {
      this.limit.refuse(sent, this.now, this.options.retryAfterMs);
      if (this.options.isGated === false) this.after(1_000, () => void this.line.push(task));
      else this.line.unshift(task);
    });
  }

  private take(task: number, sent: Sent): void {
    this.taken += 1;
    this.outcome.mostAtOnce = Math.max(this.outcome.mostAtOnce, this.taken);
    const answerMs = this.options.answerMs * (0.5 + this.random());
    this.after(answerMs / 4, () => this.limit.accept(sent, this.now));
    this.after(answerMs, () => {
      this.taken -= 1;
      this.limit.end(sent);
      this.left[task] = (this.left[task] ?? 0) - 1;
      if ((this.left[task] ?? 0) > 0) this.line.push(task);
      else {
        this.outcome.done += 1;
        this.beginTask();
      }
    });
  }

  private after(ms: number, work: () => void): void {
    this.events.push({ at: this.now + ms, work });
  }
}

/** Lehmer's, which is enough to spread times. */
function randomOf(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
