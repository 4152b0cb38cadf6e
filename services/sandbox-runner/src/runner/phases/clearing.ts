import type { Logger } from '@heddle/platform/logging';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** Removals of released sandboxes, in the background: nobody waits for them, and a restart takes them up again. */
export class Clearing {
  private readonly under = new Map<string, Promise<void>>();

  constructor(
    private readonly clear: (sandbox: Sandbox) => Promise<void>,
    private readonly logger: Logger,
  ) {}

  add(sandbox: Sandbox): void {
    if (this.under.has(sandbox.name)) return;
    const work = this.clear(sandbox)
      .catch((error: unknown) => {
        this.logger.error(
          { err: error, sandbox: sandbox.name },
          'a released sandbox could not be removed; the next start tries again',
        );
      })
      .finally(() => this.under.delete(sandbox.name));
    this.under.set(sandbox.name, work);
  }

  get count(): number {
    return this.under.size;
  }
}
