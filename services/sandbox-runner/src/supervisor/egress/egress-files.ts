import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Egress } from '@heddle/egress';
import type { BoxPaths } from '@heddle/sandbox';
import { javaTrustStore } from './java-trust-store.js';
import type { TrustPlaces } from './trust-places.js';

/** Without the services that a host may have and a sandbox has not: a name is asked of the egress and of nobody else. */
const NSSWITCH = 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\nnetworks: files\n';

/** Variables by which clients that have a bundle of their own are told of another one. */
const BUNDLE_VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'CARGO_HTTP_CAINFO',
] as const;

export interface InsideFiles {
  /** Host paths by the place where the inside sees them. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Writes what the inside needs to find the egress and to trust it. All of it is in the directory of the platform's files
 * too: the authority is `ca.pem` there, and the whole bundle `ca-bundle.pem`.
 * @param run where the inside sees `paths.run`
 */
export async function writeEgressFiles(
  egress: Egress,
  paths: BoxPaths,
  run: string,
  trust: TrustPlaces,
): Promise<InsideFiles> {
  const own = (name: string): string => join(paths.run, name);
  const write = async (name: string, content: string | Buffer): Promise<void> => {
    await writeFile(own(`${name}.new`), content, { mode: 0o644 });
    await rename(own(`${name}.new`), own(name));
  };
  await Promise.all([write('resolv.conf', egress.resolvConf), write('nsswitch.conf', NSSWITCH)]);
  const names = { '/etc/resolv.conf': own('resolv.conf'), '/etc/nsswitch.conf': own('nsswitch.conf') };
  const { authority } = egress;
  // Where no TLS is ended, what the host trusts is all there is to trust.
  if (authority === undefined) return { files: names, environment: egress.environment };
  const bundle = egress.caBundle(trust.bundle);
  await Promise.all([
    write('ca.pem', authority.certificate),
    write('ca-bundle.pem', bundle),
    ...(trust.javaStores.length > 0 ? [write('ca-bundle.jks', javaTrustStore(bundle, Date.now()))] : []),
  ]);
  const over = (places: readonly string[], name: string): Record<string, string> =>
    Object.fromEntries(places.map((place) => [place, own(name)]));
  return {
    files: { ...names, ...over(trust.bundles, 'ca-bundle.pem'), ...over(trust.javaStores, 'ca-bundle.jks') },
    environment: {
      ...egress.environment,
      ...Object.fromEntries(BUNDLE_VARIABLES.map((name) => [name, `${run}/ca-bundle.pem`])),
    },
  };
}
