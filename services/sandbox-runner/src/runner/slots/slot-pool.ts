/** A slot is held by an owner from its claim until its release. Times are in milliseconds of a monotonic clock. */
interface Hold {
  readonly expiresAt: number | undefined;
}

export interface SlotPoolOptions {
  readonly slots: number;
  /** How long a claim waits for its first phase. */
  readonly claimLifeMs: number;
  readonly now?: () => number;
}

/** Room for sandboxes on this host. */
export class SlotPool {
  private readonly holds = new Map<string, Hold>();
  /** Slots that a poller keeps free for the claim it may get. */
  private reserved = 0;
  private waiting: (() => void)[] = [];
  private readonly now: () => number;

  constructor(private readonly options: SlotPoolOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  get slots(): number {
    return this.options.slots;
  }

  get used(): number {
    this.expire();
    return this.holds.size;
  }

  /** Keeps one slot for a claim that may come; resolves when there is room. Rejects with the signal's reason. */
  async reserve(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.tryReserve()) return;
      await this.change(signal);
    }
  }

  tryReserve(): boolean {
    this.expire();
    if (this.holds.size + this.reserved >= this.options.slots) return false;
    this.reserved += 1;
    return true;
  }

  unreserve(): void {
    this.reserved -= 1;
    this.wake();
  }

  /** Gives the owner a slot until its first phase comes, or its claim's life ends. False without room. */
  claim(owner: string): boolean {
    this.expire();
    // The caller's own reservation is part of `reserved`: what it kept free is what it takes.
    if (!this.holds.has(owner) && this.holds.size >= this.options.slots) return false;
    const before = this.holds.get(owner);
    if (before === undefined || before.expiresAt !== undefined) {
      this.holds.set(owner, { expiresAt: this.now() + this.options.claimLifeMs });
    }
    return true;
  }

  /** The owner's first phase is here: the slot is its own until `release`. False if its claim is over and nothing is free. */
  occupy(owner: string): boolean {
    this.expire();
    if (!this.holds.has(owner) && this.holds.size + this.reserved >= this.options.slots) return false;
    this.holds.set(owner, { expiresAt: undefined });
    return true;
  }

  /** For a sandbox that is on this host already: it has its slot, whatever the number of slots is now. */
  adopt(owner: string): void {
    this.holds.set(owner, { expiresAt: undefined });
  }

  /** Its first phase came to nothing: like a claim, the slot waits for the next try, and no longer than that. */
  unsettle(owner: string): void {
    if (this.holds.has(owner)) this.holds.set(owner, { expiresAt: this.now() + this.options.claimLifeMs });
    this.wake();
  }

  release(owner: string): void {
    if (this.holds.delete(owner)) this.wake();
  }

  private expire(): void {
    const now = this.now();
    for (const [owner, hold] of this.holds) {
      if (hold.expiresAt !== undefined && hold.expiresAt <= now) this.holds.delete(owner);
    }
  }

  private async change(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const next = this.nextExpiry();
      const timer = next === undefined ? undefined : setTimeout(done, Math.max(1, next - this.now()));
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        resolve();
      }
      function aborted(): void {
        clearTimeout(timer);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      }
      this.waiting.push(done);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  private nextExpiry(): number | undefined {
    const times = [...this.holds.values()].flatMap((hold) => (hold.expiresAt === undefined ? [] : [hold.expiresAt]));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}
