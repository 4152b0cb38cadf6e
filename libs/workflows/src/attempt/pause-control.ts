import { condition } from '@temporalio/workflow';

/** Whether the attempt is to pause, whether it does, and for how long it has. */
export class PauseControl {
  #wanted = false;
  #since: number | undefined;
  #endedMs = 0;

  get wanted(): boolean {
    return this.#wanted;
  }

  want(paused: boolean): void {
    this.#wanted = paused;
  }

  /** What the runner has made of it. */
  get isPaused(): boolean {
    return this.#since !== undefined;
  }

  /** The runner has paused or resumed it. */
  became(paused: boolean): void {
    if (paused) this.#since ??= Date.now();
    else if (this.#since !== undefined) {
      this.#endedMs += Date.now() - this.#since;
      this.#since = undefined;
    }
  }

  /** Milliseconds of all pauses so far. */
  totalMs(): number {
    return this.#endedMs + (this.#since === undefined ? 0 : Date.now() - this.#since);
  }

  /** Resolves when it is not to pause, or when `over()` says that nobody waits for it any more. */
  async released(over: () => boolean): Promise<void> {
    await condition(() => !this.#wanted || over());
  }
}
