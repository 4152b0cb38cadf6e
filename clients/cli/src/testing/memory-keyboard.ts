import type { Keyboard } from '../input/keyboard.js';

/** What would be typed, and then the end of it. */
export class MemoryKeyboard implements Keyboard {
  readonly isTerminal = false;

  constructor(private readonly typed = '') {}

  listen(onBytes: (bytes: Uint8Array) => Promise<void>, onEnd: () => void): () => void {
    const typing = this.typed === '' ? Promise.resolve() : onBytes(Buffer.from(this.typed));
    void typing.then(onEnd);
    return () => undefined;
  }

  onResize(): () => void {
    return () => undefined;
  }
}
