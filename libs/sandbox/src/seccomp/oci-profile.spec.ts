import { constants } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { everythingBut, ociProfile } from './oci-profile.js';

const TIOCSTI = 0x5412;

/** What the profile allows of a call, by the lower half of its arguments. */
function allows(call: string, ...values: readonly number[]): boolean {
  return ociProfile('x64').syscalls.some(
    ({ names, action, args = [] }) =>
      action === 'SCMP_ACT_ALLOW' &&
      names.includes(call) &&
      args.every(({ index, value, valueTwo }) => ((values[index] ?? 0) & value) >>> 0 === valueTwo),
  );
}

describe('the list of allowed calls, for container engines', () => {
  it('allows and refuses what the filter does', () => {
    expect([allows('openat'), allows('clone', 0x11), allows('ioctl', 0, 0x5401), allows('socket', 2, 1, 6)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([allows('unshare'), allows('clone', 0x1000_0011), allows('mknodat', 0, 0, 0o020000)]).toEqual([
      false,
      false,
      false,
    ]);
    expect([allows('socket', 17, 3, 0), allows('socket', 2, 1, 132), allows('ioctl', 0, TIOCSTI)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('takes no upper half of an argument for another call', () => {
    const masks = ociProfile('x64').syscalls.flatMap(({ args = [] }) => args.map(({ value }) => value));
    expect(Math.max(...masks)).toBe(0xffff_ffff);
    expect(new Set(ociProfile('x64').syscalls.flatMap(({ args = [] }) => args.map(({ op }) => op)))).toEqual(
      new Set(['SCMP_CMP_MASKED_EQ']),
    );
  });

  it('answers as the filter does where a program has another way', () => {
    const { syscalls } = ociProfile('x64');
    const answer = (call: string): unknown => syscalls.find(({ names, errnoRet }) => names.includes(call) && errnoRet);
    expect(answer('clone3')).toMatchObject({ errnoRet: constants.errno.ENOSYS });
    expect(answer('socket')).toMatchObject({ errnoRet: constants.errno.EAFNOSUPPORT });
  });

  it('is there for the architectures that have a filter', () => {
    expect(ociProfile('arm64').architectures).toEqual(['SCMP_ARCH_AARCH64']);
    expect(() => ociProfile('riscv64')).toThrow('riscv64');
  });
});

describe('everything but some numbers', () => {
  it.each([0, 1, TIOCSTI - 1, TIOCSTI, TIOCSTI + 1, 0x541c, 0x5423, 0x7fff_ffff, 0x8000_5412, 0xffff_ffff])(
    'is right about %i',
    (number) => {
      const refused = [TIOCSTI, 0x541c, 0x5423];
      const hits = everythingBut(refused).filter(({ mask, value }) => (number & mask) >>> 0 === value);
      expect(hits).toHaveLength(refused.includes(number) ? 0 : 1);
    },
  );
});
