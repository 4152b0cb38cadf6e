import { createHash } from 'node:crypto';
import { lstat, stat } from 'node:fs/promises';
import type { BoxSpec, CapturedChanges } from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { nextLookMs, type CheckpointPace, type LastLook } from './checkpoint-pace.js';
import type { CheckpointService } from './checkpoint-service.js';

export interface PeriodicCheckpointsOptions {
  readonly checkpoints: Pick<CheckpointService, 'takeFrozen'>;
  readonly sandbox: Sandbox;
  readonly box: BoxSpec;
  readonly turn: number;
  /** What the agent prints to: an agent that edits says so. */
  readonly spools: readonly string[];
  readonly pace: CheckpointPace;
  readonly logger: Logger;
}

/**
 * While an agent runs, its work is stored soon after it changed: what it overlaps with is known then, and a lost host loses
 * no more than that.
 */
export class PeriodicCheckpoints {
  private timer: NodeJS.Timeout | undefined;
  private print = '';
  private running: Promise<void> = Promise.resolve();
  private last: LastLook = { tookMs: 0, stored: false };
  private lookedAt = performance.now();
  private printedBytes = 0;
  private readonly ending = new AbortController();

  constructor(private readonly options: PeriodicCheckpointsOptions) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.running = this.tick().finally(() => {
        if (!this.ending.signal.aborted) this.start();
      });
    }, this.options.pace.leastMs);
  }

  /** Ends one that is under way: the turn's end stores everything anyway. */
  async stop(): Promise<void> {
    this.ending.abort(new Error('the turn is over'));
    clearTimeout(this.timer);
    await this.running;
  }

  private async tick(): Promise<void> {
    const { pace, spools } = this.options;
    const printed = await sizeOf(spools);
    const due = nextLookMs(pace, this.last, printed !== this.printedBytes);
    if (this.ending.signal.aborted || performance.now() - this.lookedAt < due) return;
    const started = performance.now();
    const stored = await this.look();
    this.lookedAt = performance.now();
    this.last = { tookMs: this.lookedAt - started, stored };
    // As it was before the look: what it printed meanwhile may be of an edit that was not seen.
    this.printedBytes = printed;
  }

  /** @returns true where a checkpoint was stored */
  private async look(): Promise<boolean> {
    const { checkpoints, sandbox, box, turn, logger } = this.options;
    const request = { box, turn, final: false, partial: true, at: Date.now(), signal: this.ending.signal };
    let print = this.print;
    try {
      const stored = await checkpoints.takeFrozen(sandbox, request, async (found) => {
        print = await fingerprint(found);
        return print !== this.print;
      });
      this.print = print;
      if (stored === undefined) return false;
      logger.debug({ sandbox: sandbox.name, number: stored.number }, 'checkpoint stored');
      return true;
    } catch (error) {
      // The next one tries again, no sooner than if it had been stored.
      if (!this.ending.signal.aborted) logger.warn({ err: error, sandbox: sandbox.name }, 'a checkpoint was not taken');
      return true;
    }
  }
}

/** Bytes; those of a file that is not there yet are none. */
async function sizeOf(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function fingerprint(found: CapturedChanges): Promise<string> {
  const hash = createHash('sha256');
  for (const change of found.changes) {
    hash.update(change.kind).update(change.path).update('\0');
    if (change.kind === 'symlink') hash.update(change.target);
    if (change.kind !== 'file') continue;
    const { ctimeNs, size } = await lstat(change.source, { bigint: true });
    hash.update(`${String(ctimeNs)} ${String(size)}`);
  }
  return hash.digest('hex');
}
