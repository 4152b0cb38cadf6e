import { lookup } from 'node:dns/promises';
import { hostname, networkInterfaces } from 'node:os';

/** The one name besides localhost by which this host finds itself. */
export const OWN_NAME = hostname().toLowerCase();

/** Why a sandbox can't reach a server of this host by that name; undefined if it can. */
export async function ownNameMissing(): Promise<string | undefined> {
  try {
    const { address } = await lookup(OWN_NAME);
    const isOwn =
      address.startsWith('127.') ||
      Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
    return isOwn ? undefined : `${OWN_NAME} is another host's name here`;
  } catch {
    return `this host does not find itself as ${OWN_NAME}`;
  }
}
