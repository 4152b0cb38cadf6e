import type { Transform } from 'node:stream';
import { without, type Headers } from '../http/headers.js';
import type { RequestTarget } from '../http/request-target.js';
import type { EgressContext } from '../routing/egress-context.js';
import { containsAny, echoed, EchoScanner } from './echo-scanner.js';
import { formatCredential } from './format-credential.js';

/** Looks for credentials in what a host answers. */
export interface Inspector {
  /** Throws an EgressFault. */
  expectCleanHeaders(headers: Headers): void;
  stream(): Transform;
}

/** Undefined for hosts that get no credential. */
export function inspectorFor({ rules }: EgressContext, target: RequestTarget): Inspector | undefined {
  if (!rules.hasCredentials(target)) return undefined;
  const { echoPatterns } = rules;
  return {
    expectCleanHeaders: (headers) => {
      const text = Buffer.from(JSON.stringify(Object.entries(headers)));
      if (containsAny(text, echoPatterns)) throw echoed();
    },
    stream: () => new EchoScanner(echoPatterns),
  };
}

/**
 * With the credentials of the grant that cover this request, in place of what the client sent. What could
 * hide a value in the answer is not asked for.
 */
export function withCredentials(
  { rules }: EgressContext,
  target: RequestTarget,
  method: string,
  headers: Headers,
): Headers {
  if (!rules.hasCredentials(target)) return headers;
  // Pieces of an answer could be put together again.
  const result: Headers = { ...without(headers, ['range', 'if-range']), 'accept-encoding': 'identity' };
  for (const credential of rules.credentialsFor(target, method, target.path))
    result[credential.header.toLowerCase()] = formatCredential(credential);
  return result;
}
