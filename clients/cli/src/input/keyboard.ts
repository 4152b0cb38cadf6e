import type { ReadStream, WriteStream } from 'node:tty';

/** What is typed, byte by byte, for a program that runs elsewhere. */
export interface Keyboard {
  readonly isTerminal: boolean;
  /**
   * Hands over what is typed, in the reader's pace, until the answer is called. A terminal passes all keys on meanwhile,
   * also those that would end this program.
   */
  listen(onBytes: (bytes: Uint8Array) => Promise<void>, onEnd: () => void): () => void;
  /** Until the answer is called. */
  onResize(listener: () => void): () => void;
}

/** On the process's own streams. */
export class StdinKeyboard implements Keyboard {
  constructor(
    private readonly stdin: NodeJS.ReadStream | ReadStream,
    private readonly stdout: NodeJS.WriteStream | WriteStream,
  ) {}

  get isTerminal(): boolean {
    return this.stdin.isTTY;
  }

  listen(onBytes: (bytes: Uint8Array) => Promise<void>, onEnd: () => void): () => void {
    const { stdin, isTerminal } = this;
    const onData = (bytes: Uint8Array): void => {
      stdin.pause();
      void onBytes(bytes).finally(() => {
        if (stdin.listeners('data').includes(onData)) stdin.resume();
      });
    };
    if (isTerminal) stdin.setRawMode(true);
    stdin.on('data', onData).once('end', onEnd);
    return () => {
      stdin.off('data', onData).off('end', onEnd);
      if (isTerminal) stdin.setRawMode(false);
      // Or it would keep this program alive until somebody types.
      stdin.destroy();
    };
  }

  onResize(listener: () => void): () => void {
    this.stdout.on('resize', listener);
    return () => {
      this.stdout.off('resize', listener);
    };
  }
}
