import type { Readable } from 'node:stream';
import type { RequestTarget } from './request-target.js';
import type { Headers } from './headers.js';

export interface UpstreamHead {
  readonly target: RequestTarget;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

export interface UpstreamRequest extends UpstreamHead {
  /** Undefined for a request without a body. */
  readonly body: Readable | undefined;
  /** To be asked for when the body has ended. */
  readonly trailers: () => Headers;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readable;
  /** To be asked for when the body has ended. */
  readonly trailers: () => Headers;
}
