import { describe, expect, it } from '@jest/globals';
import { resultFault } from './result-fault.js';

const versions = { base: Buffer.from('a\n'), ours: Buffer.from('b\n'), theirs: Buffer.from('c\n') };
const faultOf = (text: string): string | undefined => resultFault(versions, Buffer.from(text));

describe('resultFault', () => {
  it.each(['b\nc\n', 'title\n=======\n', 'x <<<<<<< y\n', '<<<<<< six\n'])('takes a merge: %j', (text) => {
    expect(faultOf(text)).toBeUndefined();
  });

  it.each([
    ['x\n<<<<<<< ours\nb\n', 'it left conflict markers'],
    ['x\r\n>>>>>>> theirs\r\n', 'it left conflict markers'],
    ['<<<<<<<<< nine\n', 'it left conflict markers'],
    ['|||||||\n', 'it left conflict markers'],
    ['x\n<<<<<<<', 'it left conflict markers'],
    ['', 'its result is empty'],
    ['b\0c\n', 'its result is no text'],
    ['a\n', 'its result is one side as it was'],
    ['b\n', 'its result is one side as it was'],
    ['c\n', 'its result is one side as it was'],
  ])('refuses %j', (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });
});
