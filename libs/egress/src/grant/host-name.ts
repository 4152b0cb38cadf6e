import { domainToASCII } from 'node:url';

export type HostFault = 'BAD_HOST' | 'IP_LITERAL' | 'USERINFO';

export type NormalHost = { readonly host: string } | { readonly fault: HostFault };

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** What any resolver might read as an IPv4 address: `inet_aton` takes one to four numbers, also octal and hexadecimal. */
const NUMERIC_LAST_LABEL = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * The one spelling of a host name: lower case, no trailing dot, punycode. An address in whatever spelling is no name:
 * rules name hosts, and an address would go around them.
 */
export function normaliseHost(text: string): NormalHost {
  if (text.includes('@')) return { fault: 'USERINFO' };
  if (text.includes(':') || text.includes('[') || text.includes(']')) return { fault: 'IP_LITERAL' };
  // domainToASCII would drop or decode some of these (it reads a URL's host): what is not plain is refused instead.
  if (text === '' || text.length > 1024 || /[\s%/\\?#\0]/.test(text)) return { fault: 'BAD_HOST' };
  const mapped = domainToASCII(text).toLowerCase();
  const host = mapped.endsWith('.') ? mapped.slice(0, -1) : mapped;
  if (host === '') return { fault: looksNumeric(text.toLowerCase()) ? 'IP_LITERAL' : 'BAD_HOST' };
  if (looksNumeric(host)) return { fault: 'IP_LITERAL' };
  if (host.length > 253 || !host.split('.').every((label) => LABEL.test(label))) return { fault: 'BAD_HOST' };
  return { host };
}

function looksNumeric(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.');
  return NUMERIC_LAST_LABEL.test(labels.at(-1) ?? '');
}

export type NormalAuthority = { readonly host: string; readonly port: number } | { readonly fault: HostFault };

/** `host[:port]` of a Host header, a CONNECT target or a URL. */
export function normaliseAuthority(text: string, defaultPort: number): NormalAuthority {
  if (text.includes('@')) return { fault: 'USERINFO' };
  const match = /^([^:]*)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return { fault: /^\[|:.*:/.test(text) ? 'IP_LITERAL' : 'BAD_HOST' };
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  const normal = normaliseHost(match[1] ?? '');
  if ('fault' in normal) return normal;
  return port >= 1 && port <= 65535 ? { host: normal.host, port } : { fault: 'BAD_HOST' };
}
