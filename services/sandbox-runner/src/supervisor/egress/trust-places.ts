import { readFile, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@heddle/sandbox';

/** Where programs of this host look for the authorities that they trust. */
export interface TrustPlaces {
  /** PEM: what the host trusts, and what its operator has Node trust beside that (NODE_EXTRA_CA_CERTS). */
  readonly bundle: string;
  /** Files in PEM. */
  readonly bundles: readonly string[];
  /** Key stores of the Javas that are installed. */
  readonly javaStores: readonly string[];
}

/** By distribution: Debian, Alpine and Arch; Fedora; openSUSE. */
const BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem'];
const JAVAS = '/usr/lib/jvm';
/** What a sandbox sees of the host, below which a file can be laid over one that is there. */
const VISIBLE = ['/usr/', '/etc/ssl/certs/'];

export async function findTrustPlaces(): Promise<TrustPlaces> {
  const bundles = await present(BUNDLES);
  const homes = await readdir(JAVAS).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const stores = await present(homes.map((home) => join(JAVAS, home, 'lib/security/cacerts')));
  const [first] = bundles;
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  const sources = [first, extra === '' ? undefined : extra].filter((path) => path !== undefined);
  return {
    bundle: (await Promise.all(sources.map((path) => readFile(path, 'utf8')))).join('\n'),
    bundles: visible(bundles),
    javaStores: visible(stores),
  };
}

/** With their symlinks resolved: a mount lies on the file itself. */
async function present(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    try {
      found.add(await realpath(path));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
    }
  }
  return [...found];
}

function visible(paths: readonly string[]): string[] {
  return paths.filter((path) => VISIBLE.some((directory) => path.startsWith(directory)));
}
