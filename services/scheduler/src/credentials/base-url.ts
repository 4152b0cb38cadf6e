import { isHostPattern } from '@heddle/domain';
import { isPathPrefix } from '../environments/network-violations.js';

const MAX_LENGTH = 1_024;

/**
 * What is wrong with an address of a model's server; undefined for a good one.
 * @param privateHosts `host` or `host:port`: those that may be reached in the clear
 */
export function baseUrlFault(text: string, privateHosts: readonly string[]): string | undefined {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return 'must be an absolute URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// (or http://)';
  if (url.username !== '' || url.password !== '') return 'must be without a user name and a password';
  if (/[?#]/.test(text)) return 'must be without a query and a fragment';
  if (url.hostname.startsWith('*') || !isHostPattern(url.hostname))
    return 'must name its host: egress rules name hosts, never addresses';
  if (url.hostname === 'localhost') return 'must not be localhost: within a sandbox that is the sandbox itself';
  // As it was typed: the parser would have resolved what leads out of a prefix.
  const path = /^[a-z]+:\/\/[^/]*(\/.*)?$/i.exec(text)?.[1] ?? '';
  if (path !== '' && !isPathPrefix(path)) return 'must have a plain path: no escapes, no . or .. segment';
  if (url.protocol === 'https:' || isPrivate(url, privateHosts)) return undefined;
  const place = `${url.hostname}:${url.port === '' ? '80' : url.port}`;
  return `must begin with https://: http is for hosts of HEDDLE_EGRESS_PRIVATE_HOSTS only; for this one start the platform again with HEDDLE_EGRESS_PRIVATE_HOSTS=${place} (beside what it names already)`;
}

/**
 * What is wrong with the address of a forge. Whether its host may be reached, and by http, is decided where remotes are
 * reached.
 */
export function forgeUrlFault(text: string): string | undefined {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return 'must be an absolute URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// (or http://)';
  if (url.username !== '' || url.password !== '') return 'must be without a user name and a password';
  if (/[?#]/.test(text)) return 'must be without a query and a fragment';
  return undefined;
}

/** The one spelling that is stored; `text` has no fault. */
export function normalBaseUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

function isPrivate({ hostname, port }: URL, privateHosts: readonly string[]): boolean {
  return privateHosts.includes(hostname) || privateHosts.includes(`${hostname}:${port === '' ? '80' : port}`);
}
