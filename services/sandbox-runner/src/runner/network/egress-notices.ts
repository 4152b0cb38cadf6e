import type { CheckpointHeader } from '@heddle/contracts/internal';
import type { EgressRule } from '@heddle/egress';
import type { RecordedRequest } from '../../protocol/recorded-request.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { maskText, type Mask } from '../secrets/secret-mask.js';
import { refusedRequests } from './refused-requests.js';

/** What an agent was refused, once for each host and port, with the rule that would allow it. */
export async function egressNotices(sandbox: Sandbox, mask: Mask): Promise<CheckpointHeader['notices']> {
  const { requests, isMore } = await refusedRequests(sandbox, 'AGENT');
  const notices = requests.map((request) => notice(maskText(mask, describe(request))));
  return isMore ? [...notices, notice('more hosts were refused; the list of requests has all of them')] : notices;
}

function notice(message: string): CheckpointHeader['notices'][number] {
  return { reason: 'EGRESS_REFUSED', path: '', message };
}

function describe({ host, port, method, path, reason, suggestion }: RecordedRequest): string {
  const what = `${method === undefined ? '' : `${method} `}${host}${port === 0 ? '' : `:${String(port)}`}${path ?? ''}`;
  const rule = suggestion === undefined ? '' : `; a rule that would allow it: ${describeRule(suggestion)}`;
  return `${what} was refused (${reason ?? 'REFUSED'})${rule}`;
}

function describeRule({ host, ports, methods, pathPrefix }: EgressRule): string {
  return JSON.stringify({
    host,
    ...(ports.length === 0 ? {} : { ports }),
    ...(methods.length === 0 ? {} : { methods }),
    ...(pathPrefix === '' ? {} : { pathPrefix }),
  });
}
