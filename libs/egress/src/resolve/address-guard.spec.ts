import { describe, expect, it } from '@jest/globals';
import { mayConnect } from './address-guard.js';

describe('mayConnect', () => {
  it.each(['1.1.1.1', '8.8.8.8', '2606:4700:4700::1111'])('allows %s', (address) =>
    expect(mayConnect(address, false)).toBe(true),
  );

  const PRIVATE = [
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '127.255.255.254',
    '100.64.0.1',
    '::1',
    'fc00::1',
    'fd00:ec2::254',
    'fec0::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '2002:a00:1::1',
    '2001::1',
    '198.18.0.1',
    '192.0.2.1',
    '192.0.0.8',
    '240.0.0.1',
  ];

  it.each(PRIVATE)('refuses %s unless the host may be private', (address) => {
    expect(mayConnect(address, false)).toBe(false);
    expect(mayConnect(address, true)).toBe(true);
  });

  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    'example.com',
    '',
  ])('never allows %s', (address) => {
    expect(mayConnect(address, false)).toBe(false);
    expect(mayConnect(address, true)).toBe(false);
  });
});
