import { describe, expect, it } from '@jest/globals';
import { isRefName } from './ref-name.js';

describe('isRefName', () => {
  it.each(['main', 'refs/heads/main', 'feature/a-b_c.d', 'v1.0', 'ä', 'a@b', 'a'.repeat(255)])('takes %s', (name) => {
    expect(isRefName(name)).toBe(true);
  });

  it.each([
    '',
    '@',
    '--upload-pack=x',
    'refs/heads/--x',
    'a b',
    'HEAD~3',
    'a..b',
    'x.lock',
    'x.lock/y',
    '@{1}',
    '.x',
    'a/.x',
    '/a',
    'a/',
    'a//b',
    'a.',
    'a\0',
    'ä'.repeat(128),
  ])('refuses %j', (name) => {
    expect(isRefName(name)).toBe(false);
  });
});
