import type { Logger } from '@heddle/platform/logging';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** Removals of released sandboxes, in the background: nobody waits for them, and a restart takes them up again. */
export class Clearing {
  private readonly under = new Map<string, Promise<void>>();

  constructor(
    private readonly clear: (sandbox: Sandbox, isEvicted: boolean) => Promise<void>,
    private readonly logger: Logger,
  ) {}

  /** @param isEvicted it goes before its time */
  add(sandbox: Sandbox, isEvicted = false): void {
    if (this.under.has(sandbox.name)) return;
    const work = this.clear(sandbox, isEvicted)
      .catch((error: unknown) => {
        this.logger.error(
          { err: error, sandbox: sandbox.name },
          'a released sandbox could not be removed; the next start tries again',
        );
      })
      .finally(() => this.under.delete(sandbox.name));
    this.under.set(sandbox.name, work);
  }

  /** Resolves when nothing is being done to the sandbox. */
  async settled(sandbox: Sandbox): Promise<void> {
    await this.under.get(sandbox.name);
  }

  get count(): number {
    return this.under.size;
  }
}
