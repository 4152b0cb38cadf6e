import { lookup } from 'node:dns/promises';
import { realpath } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { sep } from 'node:path';
import { HeddleError } from '@heddle/domain';

/** Which remotes the operator allows. */
export interface RemotePolicy {
  /** Directories below which a path may be a repository; undefined: any path. */
  readonly roots?: readonly string[];
  /** Hosts (exact names or addresses) that may have private addresses. */
  readonly privateHosts: readonly string[];
}

const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv6');

/** True for an address that is not on the public internet; v4-mapped v6 addresses are judged as v4. */
export function isPrivateAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return PRIVATE.check(mapped[1], 'ipv4');
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * As `allowedAddress`, for a conversation by `protocol`.
 * Throws `REPOSITORY_NOT_ALLOWED` also for plain http to a host that is not listed.
 */
export async function allowedHost(
  protocol: 'https' | 'http' | 'ssh',
  host: string,
  policy: RemotePolicy,
): Promise<string> {
  if (protocol === 'http' && !policy.privateHosts.includes(host)) {
    throw new HeddleError(
      'REPOSITORY_NOT_ALLOWED',
      'Plain http is allowed only to hosts that are listed in HEDDLE_REPOSITORY_HOSTS.',
    );
  }
  return allowedAddress(host, policy);
}

/**
 * Resolves a host and returns the address to connect to, so that a second answer of the name server can't differ.
 * Throws `REPOSITORY_NOT_ALLOWED` when any address is private and the host is not listed, `REPOSITORY_UNREACHABLE` when there is none.
 */
export async function allowedAddress(host: string, policy: RemotePolicy): Promise<string> {
  const addresses = isIP(host) !== 0 ? [host] : await resolve(host);
  const [first] = addresses;
  if (first === undefined) throw unreachable(host);
  const listed = policy.privateHosts.some((name) => name.toLowerCase() === host.toLowerCase());
  if (!listed && addresses.some(isPrivateAddress)) {
    throw new HeddleError(
      'REPOSITORY_NOT_ALLOWED',
      `The host ${host} has a private address and is not listed in HEDDLE_REPOSITORY_HOSTS.`,
      { metadata: { host } },
    );
  }
  return first;
}

/** The real path of a path remote. Throws `REPOSITORY_UNREACHABLE` (not there) or `REPOSITORY_NOT_ALLOWED` (outside the roots). */
export async function allowedPath(path: string, policy: RemotePolicy): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    throw new HeddleError('REPOSITORY_UNREACHABLE', `There is nothing at ${path}, or it may not be read.`, {
      metadata: { path },
      cause: error,
    });
  });
  if (policy.roots === undefined) return real;
  for (const root of policy.roots) {
    const realRoot = await realpath(root).catch(() => undefined);
    if (
      realRoot !== undefined &&
      (real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep))
    )
      return real;
  }
  throw new HeddleError(
    'REPOSITORY_NOT_ALLOWED',
    `The path ${path} is not below HEDDLE_REPOSITORY_ROOTS, which names where paths may be repositories.`,
    {
      metadata: { path },
    },
  );
}

async function resolve(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map((entry) => entry.address);
  } catch (error) {
    throw unreachable(host, error);
  }
}

function unreachable(host: string, cause?: unknown): HeddleError {
  return new HeddleError('REPOSITORY_UNREACHABLE', `The host ${host} cannot be found.`, { metadata: { host }, cause });
}
