import { normaliseHost } from './host-name.js';

/** A rule's host: an exact name or `*.suffix`. */
export interface HostPattern {
  readonly name: string;
  readonly isSuffix: boolean;
}

/** Throws a RangeError for what is neither a name nor `*.suffix`: an address, a bare `*`, a star elsewhere. */
export function parseHostPattern(text: string): HostPattern {
  const isSuffix = text.startsWith('*.');
  const normal = normaliseHost(isSuffix ? text.slice(2) : text);
  if ('fault' in normal) throw new RangeError(`${JSON.stringify(text)} is no host of an egress rule: ${normal.fault}`);
  return { name: normal.host, isSuffix };
}

/** `host` is normal (see `normaliseHost`). */
export function matchesHost(pattern: HostPattern, host: string): boolean {
  return pattern.isSuffix ? host.endsWith(`.${pattern.name}`) : host === pattern.name;
}
