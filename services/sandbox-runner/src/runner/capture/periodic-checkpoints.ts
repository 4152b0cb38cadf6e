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

  /** Waits for one that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.ending.abort(new Error('the turn is over'));
    await this.running;
  }

  private async once(): Promise<void> {
    if (this.ending.signal.aborted) return;
    try {
      // Unfrozen first: an agent that only thinks is not stopped for nothing.
      const print = await fingerprint(await this.checkpoints.walk(this.sandbox, this.box));
      if (print === this.last) return;
      const stored = await this.checkpoints.takeFrozen(this.sandbox, {
        box: this.box,
        turn: this.turn,
        final: false,
        partial: true,
        at: Date.now(),
        signal: this.ending.signal,
      });
      this.last = print;
      this.logger.debug({ sandbox: this.sandbox.name, number: stored.number }, 'checkpoint stored');
    } catch (error) {
      // The next one tries again, and the turn's end stores everything anyway.
      // An abort is the turn's end, told to the call itself.
      if (error !== this.ending.signal.reason)
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
