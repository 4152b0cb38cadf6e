const NOTHING_YET = Symbol('nothing yet');

/** Groups what is there at once, at most `most` items; waits only for the first of each group. */
export async function* inBatches<T>(source: AsyncIterable<T>, most: number): AsyncGenerator<T[], void> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (;;) {
      const first = await next;
      if (first.done === true) return;
      const batch = [first.value];
      next = iterator.next();
      while (batch.length < most) {
        const more = await Promise.race([next, turnOfTheLoop()]);
        if (more === NOTHING_YET || more.done === true) break;
        batch.push(more.value);
        next = iterator.next();
      }
      yield batch;
    }
  } finally {
    void iterator.return?.();
  }
}

function turnOfTheLoop(): Promise<typeof NOTHING_YET> {
  return new Promise((resolve) => setImmediate(() => resolve(NOTHING_YET)));
}
