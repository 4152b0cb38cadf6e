/** Keeps the newest answers about things that never change (commits, trees). One computation per key at a time. */
export class LruCache<V> {
  private readonly entries = new Map<string, Promise<V>>();

  constructor(private readonly capacity: number) {}

  get(key: string, compute: () => Promise<V>): Promise<V> {
    const known = this.entries.get(key);
    const entry = known ?? compute();
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (known === undefined) {
      entry.catch(() => this.entries.delete(key));
      for (const oldest of this.entries.keys()) {
        if (this.entries.size <= this.capacity) break;
        this.entries.delete(oldest);
      }
    }
    return entry;
  }
}
