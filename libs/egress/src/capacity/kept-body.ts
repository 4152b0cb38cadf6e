import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { EgressFault } from '../routing/egress-fault.js';

/** Bytes of request bodies that may be kept at once, of a sandbox or of all of a host's. */
export class KeepBudget {
  private kept = 0;

  /** @param host what is taken here is taken there as well */
  constructor(
    private readonly maxBytes: number,
    private readonly host?: KeepBudget,
  ) {}

  take(bytes: number): boolean {
    if (this.kept + bytes > this.maxBytes || this.host?.take(bytes) === false) return false;
    this.kept += bytes;
    return true;
  }

  give(bytes: number): void {
    this.kept -= bytes;
    this.host?.give(bytes);
  }
}

export interface KeptBody {
  /** All of it; to be given back. */
  readonly bytes: Buffer;
  give(): void;
}

/**
 * The body in memory, so that it can be sent more than once and its client can't be slow with it; undefined where the
 * budget has no room: it is still to be read from the request then. Rejects with an EgressFault where the client goes away.
 */
export async function keepBody(
  request: IncomingMessage | Http2ServerRequest,
  budget: KeepBudget,
): Promise<KeptBody | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  const give = (): void => {
    budget.give(length);
    length = 0;
  };
  try {
    const isWhole = await new Promise<boolean>((resolve, reject) => {
      const settle = (work: () => void) => (): void => {
        request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
        work();
      };
      const onEnd = settle(() => resolve(true));
      const onClose = settle(() => reject(new EgressFault('FAILED', 'CLIENT_ABORTED', 'the client went away')));
      const onFull = settle(() => resolve(false));
      const onData = (chunk: Buffer): void => {
        chunks.push(chunk);
        if (budget.take(chunk.length)) length += chunk.length;
        else {
          request.pause();
          onFull();
        }
      };
      request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
    });
    if (isWhole) return { bytes: Buffer.concat(chunks), give };
    request.unshift(Buffer.concat(chunks));
    give();
    return undefined;
  } catch (error) {
    give();
    throw error;
  }
}
