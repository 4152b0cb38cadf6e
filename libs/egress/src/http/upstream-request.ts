import type { Readable } from 'node:stream';
import type { RequestTarget } from './request-target.js';
import type { Headers } from './headers.js';

export interface UpstreamRequest {
  readonly target: RequestTarget;
  readonly method: string;
  readonly headers: Headers;
  /** Undefined for a request without a body. */
  readonly body: Readable | undefined;
  /** To be asked for when the body has ended. */
  readonly trailers: () => Headers;
  readonly signal: AbortSignal;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readable;
  /** To be asked for when the body has ended. */
  readonly trailers: () => Headers;
}
