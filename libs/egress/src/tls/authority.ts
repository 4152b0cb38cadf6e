import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  webcrypto,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import type * as X509 from '@peculiar/x509';
import { nameConstraints } from './name-constraints.js';

/** A certificate authority that only one sandbox trusts. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS 8. */
  readonly privateKey: string;
}

export interface Leaf {
  /** PEM: the certificate and its authority's. */
  readonly chain: string;
  readonly privateKey: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Sandboxes are kept for days, not months; their clocks are this host's. */
const VALID_DAYS = 90;
const DAY_MS = 24 * 3600 * 1000;
const NAME_CONSTRAINTS = '2.5.29.30';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/**
 * An authority that can vouch for these names and those below them, and for nothing else: should its key ever leave, it
 * opens nothing that the egress does not see anyway.
 */
export async function createAuthority(names: readonly string[]): Promise<Authority> {
  const x509 = await loadX509();
  const keys = newKeys();
  const webKeys = await toWebKeys(keys);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Heddle sandbox egress',
    ...validity(),
    signingAlgorithm: ALGORITHM,
    keys: webKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      new x509.Extension(NAME_CONSTRAINTS, true, nameConstraints(names)),
      await x509.SubjectKeyIdentifierExtension.create(webKeys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: toPem(keys.privateKey) };
}

/** Issues certificates of an authority, all for one key: it never leaves this process. */
export class LeafIssuer {
  private readonly keys = newKeys();

  constructor(private readonly authority: Authority) {}

  async issue(host: string): Promise<Leaf> {
    const x509 = await loadX509();
    const issuer = new X509Certificate(this.authority.certificate);
    const parsed = new x509.X509Certificate(this.authority.certificate);
    const signingKey = createPrivateKey(this.authority.privateKey);
    const signer = await toWebKeys({ privateKey: signingKey, publicKey: createPublicKey(signingKey) });
    const subject = await toWebKeys(this.keys);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      issuer: parsed.subjectName,
      // The name is in the alternative names; a common name holds 64 characters.
      subject: 'CN=Heddle sandbox egress leaf',
      notBefore: new Date(issuer.validFrom),
      notAfter: new Date(issuer.validTo),
      signingAlgorithm: ALGORITHM,
      publicKey: subject.publicKey,
      signingKey: signer.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
        await x509.AuthorityKeyIdentifierExtension.create(parsed),
      ],
    });
    return {
      chain: `${certificate.toString('pem')}\n${this.authority.certificate}`,
      privateKey: toPem(this.keys.privateKey),
    };
  }
}

/** Was this authority made for these names, and will it be valid for another day? */
export function canVouchFor({ certificate }: Authority, names: readonly string[]): boolean {
  const { raw, validTo } = new X509Certificate(certificate);
  return Date.parse(validTo) > Date.now() + DAY_MS && raw.includes(nameConstraints(names));
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function newKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: ALGORITHM.namedCurve });
}

function toPem(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The same key, as the library takes it. */
async function toWebKeys({ privateKey, publicKey }: Keys): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const [pkcs8, spki] = [
    privateKey.export({ type: 'pkcs8', format: 'der' }),
    publicKey.export({ type: 'spki', format: 'der' }),
  ];
  return {
    privateKey: await subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']),
    publicKey: await subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
  };
}

/** Positive, and unlike any other. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS) };
}

/** Only where TLS is ended: the library takes some megabytes. */
async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}
