import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isBelowPrefix } from './path-prefix.js';

describe('isBelowPrefix', () => {
  it.each([
    '/v1',
    '/v1/',
    '/v1/x',
    '/v1?a=/../..',
    '/v1/x/../y',
    '//v1/x',
    '/v1/a%2fb',
    '/v1/@scope%2Fname',
    '/./v1/x',
  ])('takes %s for below /v1', (path) => expect(isBelowPrefix(path, '/v1')).toBe(true));

  it.each([
    '/',
    '/%761/x',
    '/v10',
    '/v1x',
    '/V1/x',
    '/v2/v1',
    '/v1/..',
    '/v1/../admin',
    '/v1/%2e%2e/admin',
    '/v1/%2E./admin',
    '/v1/..%2fadmin',
    '/v1%2f..%2fadmin',
    '/v1/..%5cadmin',
    '/v1\\..\\admin',
    '/v1/%252e%252e/admin',
    '/v1/%252e%252e%252fadmin',
    '/v1/..;/admin',
    '/v1/..;x=y/admin',
    '/v1/.%00./../../admin',
    '/%2576%25252531',
    '/x//../v1',
    '/x/..\\v1',
    '/x/..%5cv1',
    '/v1v1//..\\v1',
    '*',
  ])('does not take %s for it', (path) => expect(isBelowPrefix(path, '/v1')).toBe(false));

  it('covers everything by an empty prefix', () => {
    expect(isBelowPrefix('/v1/../..', '')).toBe(true);
    expect(isBelowPrefix('*', '/')).toBe(true);
  });

  it('is never passed by a path that a URL parser reads as another one', () => {
    const piece = fc.constantFrom(
      'v1',
      '..',
      '.',
      '%2e',
      '%2E%2e',
      '/',
      '//',
      '\\',
      '%2f',
      '%5c',
      'admin',
      ';a',
      '%25',
      '2e',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const path = `/${pieces.join('')}`;
        if (!isBelowPrefix(path, '/v1')) return;
        // Some servers take a backslash for a slash, some for a letter.
        for (const sent of [path.replace(/^[/\\]+/, '/'), path.replaceAll('\\', '%5C').replace(/^\/+/, '/')]) {
          const read = new URL(sent, 'http://host.test').pathname.replaceAll(/\/{2,}/g, '/');
          expect(`${read}/`).toMatch(/^\/v1\/|^\/v1;/);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
