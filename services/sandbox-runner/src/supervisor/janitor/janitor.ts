import { realpath } from 'node:fs/promises';
import type { SandboxDriver } from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import { findCandidates, type Candidate } from './leftovers.js';
import type { Owned } from './owned.js';

export interface JanitorOptions {
  readonly sandboxes: string;
  readonly driver: SandboxDriver;
  /** What the journals say now. */
  readonly owned: () => Promise<Owned>;
  readonly logger: Logger;
}

const UNFINISHED_AFTER_MS = 600_000;

/**
 * Brings the host in line with the journals: what carries Heddle's mark and is named by none of them goes. It looks at
 * the host first and at the journals afterwards, and everything is on record before the host has it: so what is being
 * made meanwhile is never taken for a leftover. What can't be removed is in nobody's way; the next look tries again.
 */
export class Janitor {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: JanitorOptions) {}

  start(everyMs: number): void {
    this.timer = setInterval(() => void this.sweep(), everyMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /**
   * Ends when one look and what follows from it is over.
   * @param unfinishedAfterMs age from which a directory without a specification counts as never finished
   * @returns what was removed, in words
   */
  sweep(unfinishedAfterMs = UNFINISHED_AFTER_MS): Promise<string[]> {
    const next = this.looking.then(() => this.look(unfinishedAfterMs));
    this.looking = next.catch(() => undefined);
    return next;
  }

  private async look(unfinishedAfterMs: number): Promise<string[]> {
    const { sandboxes, driver, owned, logger } = this.options;
    const removed: string[] = [];
    try {
      const place = await realpath(sandboxes);
      const find = (): Promise<Candidate[]> => findCandidates({ sandboxes: place, driver, unfinishedAfterMs });
      const first = await find();
      if (first.length === 0) return [];
      const said = await owned();
      const nobodys = new Set(first.filter(({ isOwned }) => !isOwned(said)).map(keyOf));
      if (nobodys.size === 0) return [];
      // What went meanwhile was on its way out by its owner's hand.
      for (const candidate of await find()) {
        const { kind, name, remove } = candidate;
        if (!nobodys.has(keyOf(candidate))) continue;
        try {
          await remove();
          logger.warn({ kind, name }, 'removed what nobody owns');
          removed.push(`${kind} ${name}`);
        } catch (error) {
          logger.error({ kind, name, err: error }, 'what nobody owns could not be removed; the next look tries again');
        }
      }
    } catch (error) {
      logger.error({ err: error }, 'could not look for what nobody owns');
    }
    return removed;
  }
}

function keyOf({ kind, name }: Candidate): string {
  return `${kind} ${name}`;
}
