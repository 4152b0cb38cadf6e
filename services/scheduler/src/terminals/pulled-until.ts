/** What the iterator gives until the signal fires; what it was asked for by then is lost. */
export async function* pulledUntil<T>(iterator: AsyncIterator<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  let stop: () => void = () => undefined;
  const onAbort = (): void => {
    stop();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        stop = () => {
          resolve(undefined);
        };
        iterator.next().then(resolve, reject);
      });
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
