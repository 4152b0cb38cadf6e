/** Stands between items where nothing came for a while. */
export const IDLE = Symbol('idle');

/** The items of a source, with IDLE put in whenever it was silent for `idleMs`. */
export async function* withIdle<T>(source: AsyncIterable<T>, idleMs: number): AsyncGenerator<T | typeof IDLE, void> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (;;) {
      const result = await firstOf(next, idleMs);
      if (result === IDLE) {
        yield IDLE;
        continue;
      }
      if (result.done === true) return;
      yield result.value;
      next = iterator.next();
    }
  } finally {
    // Not awaited: a source that waits for its next item ends only when its own signal fires.
    void iterator.return?.();
  }
}

async function firstOf<T>(next: Promise<T>, idleMs: number): Promise<T | typeof IDLE> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<typeof IDLE>((resolve) => {
    timer = setTimeout(() => resolve(IDLE), idleMs);
  });
  try {
    return await Promise.race([next, idle]);
  } finally {
    clearTimeout(timer);
  }
}
