import type { Logger } from '@heddle/platform/logging';

/** Runs a piece of work now and then at a fixed pace, never twice at once; a failure is logged and the next run tries again. */
export class RepeatingTask {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private again = false;
  private stopping = false;

  constructor(
    private readonly name: string,
    private readonly periodMs: number,
    private readonly work: () => Promise<void>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.poke();
    }, this.periodMs);
    this.poke();
  }

  /** Says that there may be something to do; returns at once. */
  poke(): void {
    if (this.stopping) return;
    if (this.working !== undefined) {
      this.again = true;
      return;
    }
    this.working = this.run().finally(() => {
      this.working = undefined;
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.working;
  }

  private isWantedAgain(): boolean {
    return this.again && !this.stopping;
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.work();
      } catch (error) {
        this.logger.warn({ err: error, task: this.name }, 'a repeating task failed; it tries again');
      }
    } while (this.isWantedAgain());
  }
}
