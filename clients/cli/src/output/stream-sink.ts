import { once } from 'node:events';
import type { WriteStream } from 'node:tty';
import type { Sink } from './output.js';

/** A sink on one of the process's own streams. */
export class StreamSink implements Sink {
  constructor(private readonly stream: NodeJS.WriteStream | WriteStream) {}

  get isTerminal(): boolean {
    return this.stream.isTTY;
  }

  get columns(): number | undefined {
    return known(this.stream.columns);
  }

  get rows(): number | undefined {
    return known(this.stream.rows);
  }

  write(data: string | Uint8Array): void {
    this.stream.write(data);
  }

  async drained(): Promise<void> {
    if (this.stream.writableNeedDrain) await once(this.stream, 'drain');
  }
}

/** A terminal that does not know its size says 0. */
function known(size: number | undefined): number | undefined {
  return size === 0 ? undefined : size;
}
