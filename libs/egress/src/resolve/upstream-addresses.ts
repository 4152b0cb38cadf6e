import { lookup } from 'node:dns/promises';
import { mayConnect } from './address-guard.js';
import { EgressFault } from '../routing/egress-fault.js';

export type Resolve = (host: string) => Promise<readonly string[]>;

/** The host's resolver with its hosts file, as every other program of the host asks it. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** The addresses of a host that may be connected to. Whoever asks connects to these, without another look-up. */
export async function upstreamAddresses(
  resolve: Resolve,
  host: string,
  privateAllowed: boolean,
): Promise<readonly string[]> {
  let all: readonly string[];
  try {
    all = await resolve(host);
  } catch {
    throw new EgressFault('FAILED', 'NAME_NOT_RESOLVED', `${host} has no address`);
  }
  if (all.length === 0) throw new EgressFault('FAILED', 'NAME_NOT_RESOLVED', `${host} has no address`);
  const allowed = all.filter((address) => mayConnect(address, privateAllowed));
  if (allowed.length === 0)
    throw new EgressFault(
      'REFUSED',
      'ADDRESS_NOT_PUBLIC',
      `the address of ${host} is not public; HEDDLE_EGRESS_PRIVATE_HOSTS of the platform names those that may be private`,
    );
  return allowed;
}

/** True for a host all of whose addresses are refused to who may reach public ones only; false where it has none now. */
export async function isPrivateHost(resolve: Resolve, host: string): Promise<boolean> {
  const all = await resolve(host).catch(() => []);
  return all.length > 0 && !all.some((address) => mayConnect(address, false));
}
