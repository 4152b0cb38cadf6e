import { isPaused, pausedAt, pausedMs, resumedAt, type Pause } from '@heddle/sandbox';

/** A sandbox's pauses, and who waits for the end of one. */
export class PauseRecord {
  private pauses: readonly Pause[] = [];
  private waiting: (() => void)[] = [];
  private isLetGo = false;
  private last: Promise<unknown> = Promise.resolve();

  restore(pauses: readonly Pause[]): void {
    this.pauses = pauses;
  }

  get isPaused(): boolean {
    return isPaused(this.pauses);
  }

  /** Unix milliseconds of the pause that lasts. */
  get since(): number | undefined {
    return this.isPaused ? this.pauses.at(-1)?.from : undefined;
  }

  begin(at: number): void {
    this.pauses = pausedAt(this.pauses, at);
  }

  end(): void {
    this.pauses = resumedAt(this.pauses, Date.now());
    this.wake();
  }

  /** Milliseconds of all pauses from then on. */
  msSince(time: number): number {
    return pausedMs(this.pauses, time, Date.now());
  }

  /** Resolves when nothing is paused, or when everybody is let go. */
  async over(): Promise<void> {
    while (this.isPaused && !this.isLetGo) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Nobody waits any more. */
  letGo(): void {
    this.isLetGo = true;
    this.wake();
  }

  /** Pauses and resumes come one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work);
    this.last = next.catch(() => undefined);
    return next;
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}
