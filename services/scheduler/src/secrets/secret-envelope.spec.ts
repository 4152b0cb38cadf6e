import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { joinSealed, KEY_BYTES, open, seal, splitSealed } from './aead.js';
import { KeyRefusedError, type KeyProvider, type WrappedKey } from './key-provider.js';
import { openSecret, rewrapSecret, sealSecret, type SecretHeader } from './secret-envelope.js';

/** Keys in memory, as a service for keys would hold them. */
class MemoryKeys implements KeyProvider {
  readonly keys = new Map<string, Buffer>([['one', randomBytes(KEY_BYTES)]]);
  current = 'one';

  currentKeyId(): Promise<string> {
    return Promise.resolve(this.current);
  }

  wrap(dataKey: Buffer): Promise<WrappedKey> {
    const wrapped = joinSealed(seal(this.keys.get(this.current) ?? Buffer.alloc(0), dataKey, this.current));
    return Promise.resolve({ keyId: this.current, wrapped });
  }

  unwrap({ keyId, wrapped }: WrappedKey): Promise<Buffer> {
    const key = this.keys.get(keyId);
    try {
      if (key !== undefined) return Promise.resolve(open(key, splitSealed(wrapped), keyId));
    } catch {
      // Refused below.
    }
    return Promise.reject(new KeyRefusedError(`no key ${keyId}`));
  }

  makeCurrent(): Promise<string> {
    this.current = 'two';
    this.keys.set('two', randomBytes(KEY_BYTES));
    return this.currentKeyId();
  }

  forgetAllBut(): Promise<number> {
    return Promise.resolve(0);
  }
}

const VALUE = 'hush-hush, ünïcode';
const HEADER: SecretHeader = {
  environmentId: 'e1',
  name: 'KEY',
  kind: 'EGRESS',
  hosts: ['api.example'],
  methods: ['GET'],
  pathPrefix: '/v1',
  header: 'X-Key',
  format: '{value}',
};

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(0) ^ 1, 0);
  return copy;
}

describe('a sealed secret', () => {
  it('opens to what was sealed, and shows nothing of it', async () => {
    const keys = new MemoryKeys();
    const sealed = await sealSecret(keys, HEADER, VALUE);
    expect(await openSecret(keys, { ...HEADER, ...sealed })).toBe(VALUE);
    expect(
      Buffer.concat([sealed.wrappedKey, sealed.nonce, sealed.tag, sealed.ciphertext]).toString('latin1'),
    ).not.toContain('hush');
  });

  it('is another one each time', async () => {
    const keys = new MemoryKeys();
    const [a, b] = [await sealSecret(keys, HEADER, VALUE), await sealSecret(keys, HEADER, VALUE)];
    for (const part of ['nonce', 'tag', 'ciphertext', 'wrappedKey'] as const)
      expect(a[part].equals(b[part])).toBe(false);
  });

  it.each(['nonce', 'tag', 'ciphertext', 'wrappedKey'] as const)('does not open with another %s', async (part) => {
    const keys = new MemoryKeys();
    const sealed = await sealSecret(keys, HEADER, VALUE);
    const changed = { ...HEADER, ...sealed, [part]: flipped(sealed[part]) };
    await expect(openSecret(keys, changed)).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
  });

  it('does not open with a tag that is cut to what is easily guessed', async () => {
    const keys = new MemoryKeys();
    const sealed = await sealSecret(keys, HEADER, VALUE);
    const cut = { ...HEADER, ...sealed, tag: sealed.tag.subarray(0, 4) };
    await expect(openSecret(keys, cut)).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
  });

  it.each([
    { environmentId: 'e2' },
    { name: 'OTHER' },
    { kind: 'SETUP' as const },
    { hosts: ['evil.example'] },
    { methods: [] },
    { pathPrefix: '' },
    { header: 'Cookie' },
    { format: 'x {value}' },
  ])('does not open as that of %j', async (other) => {
    const keys = new MemoryKeys();
    const sealed = await sealSecret(keys, HEADER, VALUE);
    await expect(openSecret(keys, { ...HEADER, ...sealed, ...other })).rejects.toMatchObject({
      reason: 'SECRET_UNREADABLE',
    });
  });

  it('does not open with another key, or without it', async () => {
    const keys = new MemoryKeys();
    const sealed = await sealSecret(keys, HEADER, VALUE);
    keys.keys.set('one', randomBytes(KEY_BYTES));
    await expect(openSecret(keys, { ...HEADER, ...sealed })).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
    keys.keys.delete('one');
    const error: unknown = await openSecret(keys, { ...HEADER, ...sealed }).catch((reason: unknown) => reason);
    expect(String(error)).toContain('KEY of environment e1');
    expect(String(error)).not.toContain('hush');
  });

  it('keeps its value under a new key, by which the old one is not needed any more', async () => {
    const keys = new MemoryKeys();
    const sealed = await sealSecret(keys, HEADER, VALUE);
    await keys.makeCurrent();
    const row = { ...HEADER, ...sealed };
    const rewrapped = { ...row, ...(await rewrapSecret(keys, row)) };
    expect(rewrapped.keyId).toBe('two');
    expect(rewrapped.ciphertext).toBe(sealed.ciphertext);
    keys.keys.delete('one');
    expect(await openSecret(keys, rewrapped)).toBe(VALUE);
  });
});
