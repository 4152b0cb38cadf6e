import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, type SandboxDirectory } from '@heddle/sandbox';
import type { RecordedRequest } from '../../protocol/recorded-request.js';

const CHUNK_BYTES = 256 * 1024;

/** Reads a sandbox's record of requests, in order; whole lines only. It goes on where it stopped. */
export class EgressReader {
  private offset = 0;
  private before = 0;

  constructor(private readonly directory: SandboxDirectory) {}

  /** The next ones; none if there are none yet. */
  async next(): Promise<RecordedRequest[]> {
    const lines = await this.wholeLines();
    this.before = this.offset;
    this.offset += lines.length;
    return lines
      .toString('utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RecordedRequest);
  }

  /** `next` answers the same again. */
  rewind(): void {
    this.offset = this.before;
  }

  private async wholeLines(): Promise<Buffer> {
    try {
      const file = await open(join(this.directory.path, 'egress.jsonl'), 'r');
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, this.offset);
        const read = buffer.subarray(0, bytesRead);
        return read.subarray(0, read.lastIndexOf('\n') + 1);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
  }
}
