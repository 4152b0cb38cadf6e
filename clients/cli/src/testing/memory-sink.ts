import type { Sink } from '../output/output.js';

/** Keeps what is written, and may claim to be a terminal. */
export class MemorySink implements Sink {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  private readonly pieces: Buffer[] = [];

  constructor(terminal?: { readonly columns: number; readonly rows: number }) {
    this.isTerminal = terminal !== undefined;
    this.columns = terminal?.columns;
    this.rows = terminal?.rows;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  write(data: string | Uint8Array): void {
    this.pieces.push(Buffer.from(data));
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }
}
