import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { BoxSpec, CapturedChanges } from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { CheckpointService } from './checkpoint-service.js';

/** While an agent runs, its work is stored every so often if it changed: a lost host then loses no more than that. */
export class PeriodicCheckpoints {
  private timer: NodeJS.Timeout | undefined;
  private last = '';
  private running: Promise<void> = Promise.resolve();
  private readonly ending = new AbortController();

  constructor(
    private readonly checkpoints: CheckpointService,
    private readonly sandbox: Sandbox,
    private readonly box: BoxSpec,
    private readonly turn: number,
    private readonly everyMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.once());
    }, this.everyMs);
  }

  /** Ends one that is under way: the turn's end stores everything anyway. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.ending.abort(new Error('the turn is over'));
    await this.running;
  }

  private async once(): Promise<void> {
    const { box, turn } = this;
    const request = { box, turn, final: false, partial: true, at: Date.now(), signal: this.ending.signal };
    let print = this.last;
    try {
      const stored = await this.checkpoints.takeFrozen(this.sandbox, request, async (found) => {
        print = await fingerprint(found);
        return print !== this.last;
      });
      this.last = print;
      if (stored !== undefined)
        this.logger.debug({ sandbox: this.sandbox.name, number: stored.number }, 'checkpoint stored');
    } catch (error) {
      // The next one tries again.
      if (!this.ending.signal.aborted)
        this.logger.warn({ err: error, sandbox: this.sandbox.name }, 'a checkpoint was not taken');
    }
  }
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
