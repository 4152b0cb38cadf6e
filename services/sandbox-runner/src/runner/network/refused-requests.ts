import type { RecordedRequest } from '../../protocol/recorded-request.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { EgressReader } from './egress-reader.js';

/** Whoever looks sees that something was refused, not a list of a thousand names. */
const MAX_HOSTS = 20;

export interface RefusedRequests {
  readonly requests: readonly RecordedRequest[];
  /** There were more than are here. */
  readonly isMore: boolean;
}

/** The first request of each host that a sandbox was refused for each reason. */
export async function refusedRequests(sandbox: Sandbox, phase: RecordedRequest['phase']): Promise<RefusedRequests> {
  const reader = new EgressReader(sandbox.directory);
  const refused = new Map<string, RecordedRequest>();
  let isMore = false;
  for (let requests = await reader.next(); requests.length > 0; requests = await reader.next())
    for (const request of requests) {
      if (request.verdict !== 'REFUSED' || request.phase !== phase) continue;
      // A name that was looked up and the connection that follows are one refusal.
      const key = `${request.host} ${request.reason ?? ''}`;
      if (refused.has(key)) continue;
      if (refused.size < MAX_HOSTS) refused.set(key, request);
      else isMore = true;
    }
  return { requests: [...refused.values()], isMore };
}
