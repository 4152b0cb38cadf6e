import ipaddr from 'ipaddr.js';

/** Ranges that no grant opens: the metadata services of clouds, and what is no single host. */
const NEVER = new Set(['unspecified', 'linkLocal', 'multicast', 'broadcast']);

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/** May the egress connect to this address? What is not plainly a public unicast address is not public. */
export function mayConnect(address: string, privateAllowed: boolean): boolean {
  if (!ipaddr.isValid(address) || address.includes('%')) return false;
  // `process` turns ::ffff:10.0.0.1 into 10.0.0.1; other ways to wrap an IPv4 address have ranges of their own.
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  // What the library calls unicast in IPv6 includes space that is not given out, and the old site-local block.
  if (range === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST))) return true;
  return privateAllowed && !NEVER.has(range);
}
