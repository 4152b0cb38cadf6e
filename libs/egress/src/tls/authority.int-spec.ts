import { beforeAll, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useTemporaryDirectories } from '@heddle/testing';
import { execute, type Executed } from '../spec-support/execute.js';
import { canVouchFor, createAuthority, LeafIssuer, type Authority } from './authority.js';

const newDirectory = useTemporaryDirectories();

describe('the authority of a sandbox', () => {
  let directory: string;
  let authority: Authority;

  beforeAll(async () => {
    directory = await newDirectory();
    authority = await createAuthority(['api.example', 'wild.example']);
    await writeFile(join(directory, 'ca.pem'), authority.certificate);
  });

  async function verify(host: string, ...more: string[]): Promise<Executed> {
    const { chain } = await new LeafIssuer(authority).issue(host);
    await writeFile(join(directory, 'leaf.pem'), chain);
    const args = ['verify', '-x509_strict', '-CAfile', join(directory, 'ca.pem'), ...more, join(directory, 'leaf.pem')];
    return execute('openssl', args);
  }

  it.each(['api.example', 'a.wild.example'])('vouches for %s', async (host) => {
    expect(await verify(host, '-purpose', 'sslserver', '-verify_hostname', host)).toMatchObject({ code: 0 });
  });

  it.each(['evil.example', 'xapi.example', 'example'])(
    'is not believed about %s, whoever holds its key',
    async (host) => {
      expect((await verify(host)).stderr).toContain('permitted subtree violation');
    },
  );

  it('issues certificates for its own time, each with a number of its own', async () => {
    const issuer = new LeafIssuer(authority);
    const [one, two] = [await issuer.issue('api.example'), await issuer.issue('api.example')];
    const [first, second, own] = [one.chain, two.chain, authority.certificate].map((pem) => new X509Certificate(pem));
    expect(first!.serialNumber).not.toBe(second!.serialNumber);
    expect(first!.validTo).toBe(own!.validTo);
    expect(first!.ca).toBe(false);
    expect(first!.subjectAltName).toBe('DNS:api.example');
  });

  it('is kept for the same names only', () => {
    expect(canVouchFor(authority, ['api.example', 'wild.example'])).toBe(true);
    expect(canVouchFor(authority, ['api.example'])).toBe(false);
    expect(canVouchFor(authority, ['api.example', 'evil.example'])).toBe(false);
  });
});
