import { expect, it } from '@jest/globals';
import { byteSize } from './bytes.js';

it('a number of bytes has three digits at most, and its unit', () => {
  expect(['12', '1536', '10240', String(340 * 1024 ** 2), 5e9, '0'].map(byteSize)).toEqual([
    '12 B',
    '1.5 KiB',
    '10 KiB',
    '340 MiB',
    '4.7 GiB',
    '-',
  ]);
});
