import { describe, expect, it } from '@jest/globals';
import { readBody, untilAborted } from './abortable.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('untilAborted', () => {
  it('gives what the work gives, or throws what it throws', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('throws the reason although the work goes on', async () => {
    const control = new AbortController();
    const waiting = untilAborted(never(), control.signal);
    control.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(untilAborted(never(), control.signal)).rejects.toThrow('enough');
  });
});

describe('readBody', () => {
  /** A body that never ends by itself and does not hear of any signal. */
  const deaf = (): { body: ReadableStream<Uint8Array>; cancelled: Promise<void> } => {
    let cancel: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => (cancel = resolve));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array([1])),
      cancel: () => cancel(),
    });
    return { body, cancelled };
  };

  it('ends at the signal although the body does not, and lets go of it', async () => {
    const { body, cancelled } = deaf();
    const control = new AbortController();
    const pieces = readBody(body, control.signal);
    expect((await pieces.next()).value).toEqual(new Uint8Array([1]));
    const waiting = pieces.next();
    control.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await cancelled;
  });

  it('lets go of a body that nobody reads to its end', async () => {
    const { body, cancelled } = deaf();
    for await (const _piece of readBody(body, new AbortController().signal)) break;
    await cancelled;
  });

  it('gives nothing where there is no body', async () => {
    expect((await readBody(null, new AbortController().signal).next()).done).toBe(true);
  });
});
