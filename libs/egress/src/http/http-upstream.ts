import type { Upstream } from '../routing/upstream.js';
import type { EgressLimits } from '../limits/egress-limits.js';
import { Http1Upstream } from './http1-upstream.js';
import { Http2Upstream } from './http2-upstream.js';
import type { UpstreamRequest, UpstreamResponse } from './upstream-request.js';

/** Requests to the hosts of the grant. */
export class HttpUpstream {
  readonly http1: Http1Upstream;
  private readonly http2: Http2Upstream;

  constructor(upstream: Upstream, limits: EgressLimits) {
    this.http1 = new Http1Upstream(upstream, limits);
    this.http2 = new Http2Upstream(upstream, limits);
  }

  /** Over HTTP/2 where the client speaks it and the host does too. Rejects with an EgressFault. */
  async send(request: UpstreamRequest, clientSpeaks: number): Promise<UpstreamResponse> {
    if (clientSpeaks < 2) return this.http1.send(request);
    const session = await this.http2.session(request.target);
    return session === undefined ? this.http1.send(request) : this.http2.send(session, request);
  }

  close(): void {
    this.http1.close();
    this.http2.close();
  }
}
