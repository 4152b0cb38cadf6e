/** Takes claims, or does not: one change after the other, however fast they are asked for. */
export class ClaimWorker {
  private worker: { stop(): Promise<void> } | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly start: () => Promise<{ stop(): Promise<void> }>) {}

  /** Resolves when it is so. A claim that was given by then is still answered. */
  set(isTaking: boolean): Promise<void> {
    const change = async (): Promise<void> => {
      if (isTaking) this.worker ??= await this.start();
      else {
        await this.worker?.stop();
        this.worker = undefined;
      }
    };
    this.last = this.last.then(change, change);
    return this.last;
  }
}
