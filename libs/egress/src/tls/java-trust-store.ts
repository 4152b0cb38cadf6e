import { createHash, X509Certificate } from 'node:crypto';

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;
/** Part of the format: mixed into its checksum, which is no secret. */
const SALT = 'Mighty Aphrodite';
/** What every Java's own store has; it keeps nothing secret. */
const PASSWORD = 'changeit';
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * A trust store as every version of Java reads it (JKS), with the certificates of a PEM bundle. Written here because
 * `keytool` takes a second, and a sandbox starts in milliseconds.
 */
export function javaTrustStore(pemBundle: string): Buffer {
  const certificates = [...pemBundle.matchAll(PEM)].map(([pem]) => new X509Certificate(pem).raw);
  const body = Buffer.concat([
    uint32(MAGIC),
    uint32(VERSION),
    uint32(certificates.length),
    ...certificates.map((der, index) => entry(`certificate-${String(index)}`, der)),
  ]);
  const checksum = createHash('sha1')
    .update(Buffer.from(PASSWORD, 'utf16le').swap16())
    .update(SALT)
    .update(body)
    .digest();
  return Buffer.concat([body, checksum]);
}

function entry(alias: string, der: Buffer): Buffer {
  // When it was made matters to nobody; a fixed date keeps the file the same for the same bundle.
  const created = Buffer.alloc(8);
  return Buffer.concat([uint32(TRUSTED_CERTIFICATE), text(alias), created, text('X.509'), uint32(der.length), der]);
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value, 'latin1')]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
