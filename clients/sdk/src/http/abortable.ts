/**
 * The work, or the signal's reason as soon as it aborts. `fetch` gets the signal as well, but must not be relied on: it keeps
 * only a weak reference between the signal and its request, and after a garbage collection the abort reaches nobody (seen
 * on Node 20).
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/**
 * The pieces of a body, until it ends or the signal aborts; lets go of the connection in each case, also when the reader
 * stops before the end.
 */
export async function* readBody(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    // What went wrong was thrown by the read; a stream that is broken already has nothing to cancel.
    reader.cancel().catch(() => undefined);
  }
}
