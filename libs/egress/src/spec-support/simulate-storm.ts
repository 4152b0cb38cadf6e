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
  /** Each has its own limit and its part of the workers; 1 if absent. */
  readonly hosts?: number;
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

interface Host {
  readonly limit: AdaptiveLimit;
  readonly line: Task[];
  wakes: number;
}

interface Task {
  readonly host: Host;
  /** Requests. */
  left: number;
}

class Storm {
  private now = 0;
  private readonly events: { readonly at: number; readonly work: () => void }[] = [];
  private readonly hosts: readonly Host[];
  private readonly random: () => number;
  private begun = 0;
  private taken = 0;
  private outcome = { done: 0, refused: 0, mostAtOnce: 0 };

  constructor(private readonly options: StormOptions) {
    this.random = randomOf(options.seed);
    this.hosts = Array.from({ length: options.hosts ?? 1 }, () => ({
      limit: new AdaptiveLimit({ ...DEFAULT_LIMIT, random: this.random }),
      line: [],
      wakes: -1,
    }));
  }

  run(): StormOutcome {
    for (let worker = 0; worker < this.options.workers; worker += 1)
      this.beginTask(this.hosts[worker % this.hosts.length] as Host);
    while (this.outcome.done < this.options.tasks && this.now < LONGEST_MS) {
      for (const host of this.hosts) this.pump(host);
      this.events.sort((a, b) => a.at - b.at);
      const next = this.events.shift();
      if (next === undefined) break;
      this.now = next.at;
      next.work();
    }
    return { ...this.outcome, tookMs: this.now };
  }

  private beginTask(host: Host): void {
    if (this.begun >= this.options.tasks) return;
    this.begun += 1;
    host.line.push({ host, left: this.options.requests });
  }

  private pump(host: Host): void {
    const { limit, line } = host;
    const isGated = this.options.isGated !== false;
    while (!isGated || limit.mayStart(this.now)) {
      const task = line.shift();
      if (task === undefined) break;
      this.send(task);
    }
    const next = limit.nextChange(this.now);
    if (next === undefined || next <= host.wakes) return;
    host.wakes = next;
    this.after(next - this.now, () => undefined);
  }

  private send(task: Task): void {
    const sent = task.host.limit.start(this.now);
    this.after(TO_SERVER_MS, () => {
      if (this.taken >= this.options.takes) this.refuse(task, sent);
      else this.take(task, sent);
    });
  }

  private refuse(task: Task, sent: Sent): void {
    const { limit, line } = task.host;
    this.outcome.refused += 1;
    this.after(TO_SERVER_MS, () => {
      limit.refuse(sent, this.now, this.options.retryAfterMs);
      if (this.options.isGated === false) this.after(1_000, () => void line.push(task));
      else line.unshift(task);
    });
  }

  private take(task: Task, sent: Sent): void {
    const { limit, line } = task.host;
    this.taken += 1;
    this.outcome.mostAtOnce = Math.max(this.outcome.mostAtOnce, this.taken);
    const answerMs = this.options.answerMs * (0.5 + this.random());
    this.after(answerMs / 4, () => limit.accept(sent, this.now));
    this.after(answerMs, () => {
      this.taken -= 1;
      limit.end(sent);
      task.left -= 1;
      if (task.left > 0) line.push(task);
      else {
        this.outcome.done += 1;
        this.beginTask(task.host);
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
