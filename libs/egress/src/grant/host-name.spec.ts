import { describe, expect, it } from '@jest/globals';
import { normaliseAuthority, normaliseHost } from './host-name.js';

describe('normaliseHost', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['ｅxample.com', 'example.com'],
    ['example。com', 'example.com'],
    ['a_b.example', 'a_b.example'],
  ])('takes %s as %s', (text, host) => expect(normaliseHost(text)).toEqual({ host }));

  it.each([
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '1.2.3.0x4',
    '１２７.0.0.1',
    '127。0。0。1',
    '[::1]',
    '::1',
    '::ffff:127.0.0.1',
    '[::ffff:7f00:1]',
    'fe80::1%lo',
    'example.com.1',
    '4294967296',
  ])('refuses the address %s', (text) => expect(normaliseHost(text)).toEqual({ fault: 'IP_LITERAL' }));

  it.each(['allowed.example@evil.example', 'a:b@evil.example'])('refuses user names: %s', (text) =>
    expect(normaliseHost(text)).toEqual({ fault: 'USERINFO' }),
  );

  it.each([
    '',
    '.',
    '..',
    'a..b',
    '-a.example',
    'a b',
    'a/b',
    'a%2eb',
    'a\\b',
    'a\0b',
    'a?b',
    `${'a'.repeat(64)}.example`,
    'xn--a',
  ])('refuses %j, which is no name', (text) => expect(normaliseHost(text)).toEqual({ fault: 'BAD_HOST' }));
});

describe('normaliseAuthority', () => {
  it('splits host and port', () => {
    expect(normaliseAuthority('Example.com:8443', 443)).toEqual({ host: 'example.com', port: 8443 });
    expect(normaliseAuthority('example.com', 80)).toEqual({ host: 'example.com', port: 80 });
  });

  it.each([
    ['example.com:0', 'BAD_HOST'],
    ['example.com:65536', 'BAD_HOST'],
    ['example.com:', 'BAD_HOST'],
    ['example.com:x', 'BAD_HOST'],
    ['[::1]:443', 'IP_LITERAL'],
    ['::1', 'IP_LITERAL'],
    ['10.0.0.1:80', 'IP_LITERAL'],
    ['user@example.com:443', 'USERINFO'],
  ])('refuses %s', (text, fault) => expect(normaliseAuthority(text, 443)).toEqual({ fault }));
});
