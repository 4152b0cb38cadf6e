import type { Logger } from '@heddle/platform/logging';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** A runner that comes back may find hundreds: what is salvaged and read for all of them at once would not fit its memory. */
const MOST_AT_ONCE = 8;

/** Removals of released sandboxes, in the background: nobody waits for them, and a restart takes them up again. */
export class Clearing<T extends { readonly name: string } = Sandbox> {
  /** With those that wait for their turn. */
  private readonly under = new Map<string, Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(
    private readonly clear: (sandbox: T, isEvicted: boolean) => Promise<void>,
    private readonly logger: Logger,
  ) {}

  /** @param isEvicted it goes before its time */
  add(sandbox: T, isEvicted = false): void {
    if (this.under.has(sandbox.name)) return;
    const work = this.inTurn(() => this.clear(sandbox, isEvicted))
      .catch((error: unknown) => {
        this.logger.error(
          { err: error, sandbox: sandbox.name },
          'a released sandbox could not be removed; the next start tries again',
        );
      })
      .finally(() => this.under.delete(sandbox.name));
    this.under.set(sandbox.name, work);
  }

  private async inTurn(work: () => Promise<void>): Promise<void> {
    if (this.running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
    try {
      await work();
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  /** Resolves when nothing is being done to the sandbox. */
  async settled(sandbox: T): Promise<void> {
    await this.under.get(sandbox.name);
  }

  get count(): number {
    return this.under.size;
  }
}
