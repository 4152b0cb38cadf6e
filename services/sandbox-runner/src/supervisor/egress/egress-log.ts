import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { RecordedRequest } from '../../protocol/recorded-request.js';

/** About 30 MB. What is asked after it is not served: there is no request without a record. */
export const MAX_RECORDS = 100_000;
const READ_BYTES = 64 * 1024;
const NEWLINE = 10;

/**
 * Every request of one sandbox, a line each, numbered from 1 without gaps. A line is in the file when `append` returns,
 * whatever becomes of this process: the next one goes on behind it.
 */
export class EgressLog {
  private constructor(
    private readonly fd: number,
    private size: number,
    private count: number,
    private readonly maximum: number,
  ) {}

  static open(path: string, maximum = MAX_RECORDS): EgressLog {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { lines, bytes } = countLines(fd);
      // A line without its end was cut by a full disk or by a loss of power; nobody was told of it.
      if (fstatSync(fd).size > bytes) ftruncateSync(fd, bytes);
      return new EgressLog(fd, bytes, lines, maximum);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** True while another request may be served. Those that are under way when it turns false are taken all the same. */
  get hasRoom(): boolean {
    return this.count < this.maximum;
  }

  /** Throws where the disk does not take the line; the file is as before then. */
  append(record: Omit<RecordedRequest, 'sequence'>): void {
    const request: RecordedRequest = { sequence: this.count + 1, ...record };
    const line = Buffer.from(`${JSON.stringify(request)}\n`);
    let written = 0;
    try {
      while (written < line.length)
        written += writeSync(this.fd, line, written, line.length - written, this.size + written);
    } catch (error) {
      ftruncateSync(this.fd, this.size);
      throw error;
    }
    this.size += line.length;
    this.count += 1;
  }

  close(): void {
    closeSync(this.fd);
  }
}

function countLines(fd: number): { readonly lines: number; readonly bytes: number } {
  const buffer = Buffer.alloc(READ_BYTES);
  let [lines, bytes, at] = [0, 0, 0];
  for (;;) {
    const length = readSync(fd, buffer, 0, buffer.length, at);
    if (length === 0) return { lines, bytes };
    for (
      let index = buffer.indexOf(NEWLINE);
      index >= 0 && index < length;
      index = buffer.indexOf(NEWLINE, index + 1)
    ) {
      lines += 1;
      bytes = at + index + 1;
    }
    at += length;
  }
}
