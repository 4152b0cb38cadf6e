import type { UpstreamRequest, UpstreamResponse } from './upstream-request.js';
import { Http1Upstream } from './http1-upstream.js';
import type { Upstream } from '../routing/upstream.js';

/** Requests to the hosts of the grant, over HTTP/1.1. */
export class HttpUpstream {
  readonly http1: Http1Upstream;

  constructor(upstream: Upstream, maxHeaderBytes: number) {
    this.http1 = new Http1Upstream(upstream, maxHeaderBytes);
  }

  /** Rejects with an EgressFault. */
  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    return this.http1.send(request);
  }

  close(): void {
    this.http1.close();
  }
}
