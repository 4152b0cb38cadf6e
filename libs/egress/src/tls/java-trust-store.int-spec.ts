import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { javaTrustStore } from './java-trust-store.js';

const temporary = useTemporaryDirectories();
const hasKeytool = (() => {
  try {
    execFileSync('keytool', ['-help'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('the trust store for Java', () => {
  (hasKeytool ? it : it.skip)("is one in keytool's eyes, whole and with every certificate", async () => {
    const directory = await temporary('trust');
    const at = (name: string): string => join(directory, name);
    for (const name of ['one', 'two'])
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ed25519',
          '-nodes',
          '-subj',
          `/CN=${name}`,
          '-keyout',
          at('key'),
          '-out',
          at(name),
        ],
        { stdio: 'ignore' },
      );
    const bundle = ['one', 'two'].map((name) => readFileSync(at(name), 'utf8')).join('\n# between\n');
    writeFileSync(at('store'), javaTrustStore(bundle));
    const listed = execFileSync('keytool', ['-list', '-v', '-keystore', at('store'), '-storepass', 'changeit'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
    expect(listed).toContain('Your keystore contains 2 entries');
    for (const name of ['one', 'two']) expect(listed).toContain(`Owner: CN=${name}`);
  });
});
