/** Tells waiting calls of this process that a resource moved. A missed ring costs a waiter its polling interval, nothing more. */
export class ChangeBell {
  private readonly waiters = new Map<string, Set<() => void>>();

  ring(...ids: readonly string[]): void {
    for (const id of ids) this.waiters.get(id)?.forEach((wake) => wake());
  }

  /** Resolves at the next ring for `id`, or after `milliseconds`. */
  async wait(id: string, milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const set = this.waiters.get(id) ?? new Set();
      const done = (): void => {
        clearTimeout(timer);
        set.delete(done);
        if (set.size === 0) this.waiters.delete(id);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      set.add(done);
      this.waiters.set(id, set);
    });
  }
}
