import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { javaTrustStore, type Egress } from '@heddle/egress';
import type { BoxPaths } from '@heddle/sandbox';
import type { TrustPlaces } from './trust-places.js';

/** Without the services that a host may have and a sandbox has not: a name is asked of the egress and of nobody else. */
const NSSWITCH = 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\nnetworks: files\n';

/** Everything that the inside is to trust, in the directory of the platform's files. */
export const CA_BUNDLE = 'ca-bundle.pem';
const OWN_CA = 'ca.pem';
const JAVA_STORE = 'ca-bundle.jks';

export interface InsideFiles {
  /** Host paths by the place where the inside sees them. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
}

export interface EgressFileOptions {
  readonly trust: TrustPlaces;
  /** Further ones, by their place inside. */
  readonly files: Readonly<Record<string, string>>;
}

/** Writes what the inside needs to find the egress and to trust it, into the directory of the platform's files. */
export async function writeEgressFiles(
  egress: Egress,
  paths: BoxPaths,
  { trust, files }: EgressFileOptions,
): Promise<InsideFiles> {
  const own = (name: string): string => join(paths.run, name);
  const write = async (name: string, content: string | Buffer): Promise<void> => {
    await writeFile(own(`${name}.new`), content, { mode: 0o644 });
    await rename(own(`${name}.new`), own(name));
  };
  await Promise.all([write('resolv.conf', egress.resolvConf), write('nsswitch.conf', NSSWITCH)]);
  const names: Record<string, string> = {
    '/etc/resolv.conf': own('resolv.conf'),
    '/etc/nsswitch.conf': own('nsswitch.conf'),
  };
  for (const [index, [place, content]] of Object.entries(files).entries()) {
    const name = `client-${String(index)}`;
    await write(name, content);
    names[place] = own(name);
  }
  const { authority } = egress;
  // Where no TLS is ended, what the host trusts is all there is to trust.
  if (authority === undefined) return { files: names, environment: egress.environment };
  const bundle = egress.caBundle(trust.bundle);
  await Promise.all([
    write(OWN_CA, authority.certificate),
    write(CA_BUNDLE, bundle),
    ...(trust.javaStores.length > 0 ? [write(JAVA_STORE, javaTrustStore(bundle))] : []),
  ]);
  const over = (places: readonly string[], name: string): Record<string, string> =>
    Object.fromEntries(places.map((place) => [place, own(name)]));
  return {
    files: { ...names, ...over(trust.bundles, CA_BUNDLE), ...over(trust.javaStores, JAVA_STORE) },
    environment: egress.environment,
  };
}
