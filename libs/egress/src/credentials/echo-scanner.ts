import { Transform, type TransformCallback } from 'node:stream';
import { EgressFault } from '../routing/egress-fault.js';

/**
 * Passes a stream on until one of the patterns shows up, and fails then, before any byte of it. Only what may be the
 * beginning of a pattern is held back, so that events go through as they come.
 */
export class EchoScanner extends Transform {
  private held: Buffer = Buffer.alloc(0);

  constructor(private readonly patterns: readonly Buffer[]) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    if (containsAny(bytes, this.patterns)) {
      done(echoed());
      return;
    }
    const keep = Math.max(...this.patterns.map((pattern) => overlap(bytes, pattern)));
    this.held = bytes.subarray(bytes.length - keep);
    done(null, bytes.subarray(0, bytes.length - keep));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.held);
  }
}

export function containsAny(bytes: Buffer, patterns: readonly Buffer[]): boolean {
  return patterns.some((pattern) => bytes.includes(pattern));
}

export function echoed(): EgressFault {
  return new EgressFault('FAILED', 'CREDENTIAL_ECHOED', 'the answer held a credential of the platform');
}

/** How many bytes at the end are the beginning of the pattern. */
function overlap(bytes: Buffer, pattern: Buffer): number {
  for (let length = Math.min(pattern.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.compare(pattern, 0, length, bytes.length - length) === 0) return length;
  }
  return 0;
}
