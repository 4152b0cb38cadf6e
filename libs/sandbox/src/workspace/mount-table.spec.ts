import { describe, expect, it } from '@jest/globals';
import { parseMountPoints } from './mount-table.js';

describe('the mount table', () => {
  it('gives paths back as they are', () => {
    expect(parseMountPoints('1 2 0:1 / /a\\040b\\134c rw - ext4 x rw\n2 1 0:2 / /d rw - tmpfs t rw\n')).toEqual([
      '/a b\\c',
      '/d',
    ]);
  });
});
