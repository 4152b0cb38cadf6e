import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { ownerKey } from '../sandboxes/sandbox.js';

/** Which sandboxes a phase is attached to, and since when the others have had none. */
export class ActiveOwners {
  private readonly counts = new Map<string, number>();
  private readonly idleSince = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  enter(owner: SandboxOwnerRef): () => void {
    const key = ownerKey(owner);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return () => {
      const left = (this.counts.get(key) ?? 1) - 1;
      if (left > 0) this.counts.set(key, left);
      else {
        this.counts.delete(key);
        this.idleSince.set(key, this.now());
      }
    };
  }

  /** Milliseconds without a phase; 0 while one is attached. One that was never seen counts from its first question. */
  idleFor(owner: SandboxOwnerRef): number {
    const key = ownerKey(owner);
    if (this.counts.has(key)) return 0;
    const since = this.idleSince.get(key) ?? this.now();
    this.idleSince.set(key, since);
    return this.now() - since;
  }

  /** Forgets all others: their sandboxes are gone. */
  keepOnly(owners: readonly SandboxOwnerRef[]): void {
    const kept = new Set(owners.map(ownerKey));
    for (const key of this.idleSince.keys()) if (!kept.has(key)) this.idleSince.delete(key);
  }
}
