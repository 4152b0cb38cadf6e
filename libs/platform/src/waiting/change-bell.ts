import { Wakeup } from './wakeup.js';

/** Tells waiting calls of this process that a resource moved. What moves in another process costs a waiter its polling interval, nothing more. */
export class ChangeBell {
  private readonly listeners = new Map<string, Set<Wakeup>>();

  ring(...ids: readonly string[]): void {
    for (const id of ids) this.listeners.get(id)?.forEach((listener) => listener.wake());
  }

  /** Runs `work` with a wakeup that hears each ring for `id` from now on, also those that come while `work` does not wait. */
  async listening<T>(id: string, work: (rung: Wakeup) => Promise<T>): Promise<T> {
    const listener = new Wakeup();
    const set = this.listeners.get(id) ?? new Set();
    set.add(listener);
    this.listeners.set(id, set);
    try {
      return await work(listener);
    } finally {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(id);
    }
  }
}
