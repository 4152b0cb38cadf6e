import { createHash } from 'node:crypto';
import { SandboxError } from '@heddle/sandbox';

/**
 * Above what distributions, containers of systemd and subordinate ranges take, below what programs read as negative.
 * Each data directory of a host has a range of its own (by chance, not by agreement): 65,536 ranges of 4,096.
 */
const FIRST_UID = 0x7000_0000;
const RANGES = 65_536;
const RANGE = 4_096;

/**
 * Uids of this host for sandboxes, one for each that lives. Who has one is on record in its directory before it is used;
 * this only knows which are free.
 */
export class SandboxUids {
  private readonly first: number;
  private readonly taken = new Set<number>();
  private next = 0;

  /** @param directory the runner's */
  constructor(directory: string) {
    const hash = createHash('sha256').update(directory).digest().readUInt32BE(0);
    this.first = FIRST_UID + (hash % RANGES) * RANGE;
  }

  /** True for every uid that this ever gives. */
  covers(uid: number): boolean {
    return uid >= this.first && uid < this.first + RANGE;
  }

  /** A sandbox on disk has it. */
  adopt(uid: number): void {
    this.taken.add(uid);
  }

  /** One that nobody has; the one that was given back last comes last. */
  take(): number {
    for (let tries = 0; tries < RANGE; tries++) {
      const uid = this.first + this.next;
      this.next = (this.next + 1) % RANGE;
      if (this.taken.has(uid)) continue;
      this.taken.add(uid);
      return uid;
    }
    throw new SandboxError('SANDBOX_SPAWN_FAILED', `all ${String(RANGE)} users for sandboxes of this runner are taken`);
  }

  /** Nothing runs as it any more. */
  giveBack(uid: number): void {
    this.taken.delete(uid);
  }
}
