import { createHash } from 'node:crypto';

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;
/** What every Java's own store has; it keeps nothing secret. */
const PASSWORD = 'changeit';
/** Signed into each store of this form. */
const WHITENER = 'Mighty Aphrodite';

/**
 * A Java trust store ("JKS") of these certificates. Written here because `keytool` takes a second, and a sandbox starts
 * in milliseconds; every Java reads it.
 * @param bundle PEM certificates; other text between them is skipped
 */
export function javaTrustStore(bundle: string, now: number): Buffer {
  const found = bundle.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  const certificates = [...found].map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  const content = Buffer.concat([
    uint32(MAGIC),
    uint32(VERSION),
    uint32(certificates.length),
    ...certificates.map((certificate, index) => entry(certificate, `ca-${String(index)}`, now)),
  ]);
  const password = Buffer.from(PASSWORD, 'utf16le').swap16();
  return Buffer.concat([content, createHash('sha1').update(password).update(WHITENER).update(content).digest()]);
}

function entry(certificate: Buffer, alias: string, now: number): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(now));
  return Buffer.concat([
    uint32(TRUSTED_CERTIFICATE),
    text(alias),
    time,
    text('X.509'),
    uint32(certificate.length),
    certificate,
  ]);
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
