/** A signal of one's own that also aborts with another's reason. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Lets go of the outer signal, which may live much longer. */
  release(): void;
}

/** Like `AbortSignal.any`, but with a way to let go: that one gathers entries in a signal that lives as long as the process. */
export function linkSignal(outer: AbortSignal | undefined): LinkedSignal {
  const controller = new AbortController();
  const follow = (): void => {
    controller.abort(outer?.reason);
  };
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason);
    },
    release: () => outer?.removeEventListener('abort', follow),
  };
}
