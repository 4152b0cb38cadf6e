/** A bell that many may ring while nobody listens: the next wait returns at once, however often it rang. */
export class LatestSignal {
  private rung = false;
  private failure: { readonly error: unknown } | undefined;
  private wake: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** The next wait throws this. */
  fail(error: unknown): void {
    this.failure = { error };
    this.wake?.();
  }

  /** Returns when it rang, or after the time without a ring. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.rung && this.failure === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    this.rung = false;
    if (this.failure !== undefined) throw this.failure.error;
  }
}
