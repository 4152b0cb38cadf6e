import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findSecrets, SecretPatterns } from './find-secrets.js';

const SECRET = 's3cr3t/va+lue with=all&kinds\u00e9';

const find = (text: string | Buffer, ...values: string[]): Promise<number[]> =>
  findSecrets(Buffer.from(text), new SecretPatterns(values));

async function* split(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

describe('secrets in captured bytes', () => {
  it.each([
    ['as they are', `token=${SECRET};`],
    ['URL-encoded', `?t=${encodeURIComponent(SECRET)}&x`],
    ['in a form', new URLSearchParams({ t: SECRET }).toString()],
    ['URL-encoded in lower case', encodeURIComponent(SECRET).replaceAll(/%../g, (hex) => hex.toLowerCase())],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64 after one byte', Buffer.from(`u${SECRET}`).toString('base64')],
    ['in base64 after two bytes', Buffer.from(`u:${SECRET}!`).toString('base64')],
    ['in base64 for URLs', Buffer.from(`user:${SECRET}`).toString('base64url')],
  ])('are found %s', async (_form, text) => {
    expect(await find(text, 'another secret', SECRET)).toEqual([1]);
  });

  it('are found with the other line ends', async () => {
    expect(await find('-----BEGIN\r\nabc\r\n', '-----BEGIN\nabc\n')).toEqual([0]);
  });

  it('are not found where they are cut, changed, or too short to mean anything', async () => {
    expect(await find(SECRET.slice(1), SECRET)).toEqual([]);
    expect(await find(SECRET.toUpperCase(), SECRET)).toEqual([]);
    expect(await find('1234567', '1234567')).toEqual([]);
  });

  it('are found in every form, wherever they are and however the source is cut', async () => {
    const value = fc.string({ minLength: 8, maxLength: 60, unit: 'binary' });
    const form = fc.constantFrom('raw', 'base64', 'base64url', 'url');
    const around = fc.uint8Array({ maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(value, form, around, around, fc.integer({ min: 1, max: 50 }), async (secret, as, a, b, size) => {
        const raw = Buffer.from(secret);
        const inside = Buffer.concat([a, raw, b]);
        const bytes = {
          raw: () => inside,
          base64: () => Buffer.from(inside.toString('base64')),
          base64url: () => Buffer.from(inside.toString('base64url')),
          url: () => Buffer.concat([a, Buffer.from(encodeURIComponent(raw.toString())), b]),
        }[as]();
        const patterns = new SecretPatterns([secret]);
        expect(await findSecrets(split(bytes, size), patterns)).toEqual([0]);
        expect(await findSecrets(bytes, patterns)).toEqual([0]);
      }),
      { numRuns: 300 },
    );
  });

  it('are replaced in every form, and what overlaps is one stretch', () => {
    const patterns = new SecretPatterns(['first-secret', 'secret-second', 'other/one']);
    const replaced = (text: string): string => patterns.replaceIn(Buffer.from(text), Buffer.from('***')).toString();
    expect(replaced('first-secret-second')).toBe('***');
    expect(replaced('a first-secret b other/one other%2Fone c')).toBe('a *** b *** *** c');
    expect(replaced('first-secretfirst-secret')).toMatch(/^(\*\*\*)+$/);
    expect(replaced(`x${Buffer.from('first-secret').toString('base64')}`)).toMatch(/^x\*\*\*.{0,2}$/);
    const none = Buffer.from('nothing here');
    expect(patterns.replaceIn(none, Buffer.from('***'))).toBe(none);
  });
});
