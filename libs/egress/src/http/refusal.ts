import { withoutQuery } from '../grant/path-prefix.js';
import type { Decision } from '../grant/rule-set.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { RequestTarget } from './request-target.js';

/** What a request gets that no rule covers. */
export function refusal(
  { reason, suggestion }: Extract<Decision, { allowed: false }>,
  { host, port, path }: RequestTarget,
  method: string,
): EgressFault {
  const server = `${host}:${String(port)}`;
  const isAboutHost = reason === 'HOST_NOT_ALLOWED' || reason === 'PORT_NOT_ALLOWED';
  const what = isAboutHost ? server : `${method} ${withoutQuery(path)} of ${server}`;
  return new EgressFault('REFUSED', reason, `${what} is not on the list of this sandbox`, suggestion);
}
