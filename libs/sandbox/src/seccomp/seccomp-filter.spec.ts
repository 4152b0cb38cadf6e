import { constants } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AND, JUMP, JUMP_EQUAL, JUMP_GREATER_EQUAL, LOAD_WORD, RETURN } from './classic-bpf.js';
import type { Architecture } from './compile-filter.js';
import { ALLOWED_CALLS, ARGUMENT_RULES, REFUSED_CALLS, UNKNOWN_CALLS, type ArgumentRule } from './policy.js';
import { seccompFilter } from './seccomp-filter.js';
import { SYSCALL_NUMBERS } from './syscall-numbers.js';

const ARCHITECTURES: readonly Architecture[] = ['x64', 'arm64'];
const AUDIT = { x64: 0xc000_003e, arm64: 0xc000_00b7, i386: 0x4000_0003, arm: 0x4000_0028 };
const X32_BIT = 0x4000_0000;

interface Call {
  readonly number: number;
  readonly arch: number;
  readonly arguments: readonly bigint[];
}

/** The kernel's machine, as far as filters use it: an independent reading of linux/filter.h. */
function run(program: Buffer, call: Call): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number, 0);
  data.writeUInt32LE(call.arch, 4);
  for (const [index, value] of call.arguments.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + index * 8);
  let accumulator = 0;
  for (let at = 0; at * 8 < program.length; at++) {
    const code = program.readUInt16LE(at * 8);
    const [jt, jf, k] = [program[at * 8 + 2] ?? 0, program[at * 8 + 3] ?? 0, program.readUInt32LE(at * 8 + 4)];
    if (code === LOAD_WORD) accumulator = data.readUInt32LE(k);
    else if (code === AND) accumulator = (accumulator & k) >>> 0;
    else if (code === JUMP) at += k;
    else if (code === JUMP_EQUAL) at += accumulator === k ? jt : jf;
    else if (code === JUMP_GREATER_EQUAL) at += accumulator >= k ? jt : jf;
    else if (code === RETURN) return nameOf(k);
    else throw new Error(`no such operation: ${String(code)}`);
  }
  throw new Error('the program has no end');
}

function nameOf(result: number): string {
  if (result === 0x7fff_0000) return 'ALLOW';
  if (result === 0x8000_0000) return 'KILL';
  const found = Object.entries(constants.errno).find(([, number]) => result === 0x0005_0000 + number);
  return found?.[0] ?? String(result);
}

/** What the policy says, read without any compiling. */
function expected(architecture: Architecture, call: Call): string {
  if (call.arch !== AUDIT[architecture]) return 'KILL';
  const numbers = Object.entries(SYSCALL_NUMBERS[architecture]);
  const name = numbers.find(([, number]) => number === call.number)?.[0];
  if (name === undefined) return call.number > Math.max(...numbers.map(([, number]) => number)) ? 'ENOSYS' : 'EPERM';
  const rule = ARGUMENT_RULES[name];
  if (rule !== undefined) return judge(rule, call.arguments);
  if (UNKNOWN_CALLS.includes(name)) return 'ENOSYS';
  return Object.values(ALLOWED_CALLS).flat().includes(name) ? 'ALLOW' : 'EPERM';
}

function judge(rule: ArgumentRule, values: readonly bigint[]): string {
  const found = rule.cases.find(({ when }) =>
    when.every(({ argument, mask, values: allowed }) =>
      allowed.some((value) => BigInt(value) === ((values[argument] ?? 0n) & BigInt(mask >>> 0))),
    ),
  );
  return found?.verdict ?? rule.otherwise;
}

const interesting = [0, 1, 2, 4, 8, 10, 16, 17, 0x5412, 0x541c, 0o100644, 0o020644, 0o060000, 0x1000_0000, 0x0002_0000];
const value = fc.oneof(
  fc.constantFrom(...interesting.map(BigInt)),
  fc.constantFrom(...interesting.map((low) => BigInt(low) | (1n << 32n))),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);

describe.each(ARCHITECTURES)('the filter for %s', (architecture) => {
  const program = seccompFilter(architecture);
  const numbers = SYSCALL_NUMBERS[architecture];
  const verdict = (name: string, ...values: number[]): string => {
    const number = numbers[name];
    if (number === undefined) throw new Error(`${architecture} has no ${name}`);
    return run(program, { number, arch: AUDIT[architecture], arguments: values.map(BigInt) });
  };

  it('does what the policy says, for every number and any arguments', () => {
    const end = Math.max(...Object.values(numbers)) + 20;
    for (let number = 0; number < end; number++) {
      fc.assert(
        fc.property(fc.array(value, { minLength: 6, maxLength: 6 }), (values) => {
          const call = { number, arch: AUDIT[architecture], arguments: values };
          expect(run(program, call)).toBe(expected(architecture, call));
        }),
        { numRuns: numbers['socket'] === number ? 2_000 : 20 },
      );
    }
  });

  it('lets nothing pass that came another way', () => {
    for (const arch of Object.values(AUDIT).filter((other) => other !== AUDIT[architecture])) {
      for (const number of [0, 1, 11, 59, 221]) expect(run(program, { number, arch, arguments: [] })).toBe('KILL');
    }
    for (const number of [...Object.values(numbers), 512, 520].map((plain) => plain + X32_BIT))
      expect(run(program, { number, arch: AUDIT[architecture], arguments: [] })).toBe('ENOSYS');
  });

  it('refuses every call that is named as refused', () => {
    const known = Object.values(REFUSED_CALLS)
      .flat()
      .filter((name) => name in numbers);
    expect(known.length).toBeGreaterThan(55);
    expect(known.filter((name) => verdict(name) !== 'EPERM')).toEqual([]);
  });

  it('decides by the bits that the kernel looks at', () => {
    expect(verdict('clone', 0x11)).toBe('ALLOW');
    for (const bit of [0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000])
      expect(verdict('clone', 0x11 + bit)).toBe('EPERM');
    expect(verdict('clone3')).toBe('ENOSYS');
    expect([verdict('ioctl', 0, 0x5401), verdict('ioctl', 0, 0x5412)]).toEqual(['ALLOW', 'EPERM']);
    // The kernel drops the upper half of the command.
    expect(verdict('ioctl', 0, 0x1_0000_5412)).toBe('EPERM');
    expect([verdict('mknodat', 0, 0, 0o010644), verdict('mknodat', 0, 0, 0o020644)]).toEqual(['ALLOW', 'EPERM']);
    expect([verdict('renameat2', 0, 0, 0, 0, 1), verdict('renameat2', 0, 0, 0, 0, 4)]).toEqual(['ALLOW', 'EPERM']);
    const families = { unix: [1, 1, 0], tcp: [2, 1, 6], udp6: [10, 2, 17], route: [16, 3, 0] };
    for (const values of Object.values(families)) expect(verdict('socket', ...values)).toBe('ALLOW');
    // AF_ALG, AF_PACKET, AF_VSOCK, AF_BLUETOOTH, another netlink, SCTP.
    for (const values of [
      [38, 5, 0],
      [17, 3, 0],
      [40, 1, 0],
      [31, 3, 0],
      [16, 3, 12],
    ])
      expect(verdict('socket', ...values)).toBe('EAFNOSUPPORT');
    expect(verdict('socket', 2, 1, 132)).toBe('EPROTONOSUPPORT');
  });

  it('is short enough for the kernel', () => {
    expect(program.length / 8).toBeLessThan(1024);
  });
});

describe('the policy', () => {
  const allowed = Object.values(ALLOWED_CALLS).flat();
  const refused = Object.values(REFUSED_CALLS).flat();

  it('names each call once, and only calls that exist', () => {
    const all = [...allowed, ...refused, ...UNKNOWN_CALLS, ...Object.keys(ARGUMENT_RULES)];
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
    const known = new Set(ARCHITECTURES.flatMap((architecture) => Object.keys(SYSCALL_NUMBERS[architecture])));
    expect(all.filter((name) => !known.has(name))).toEqual([]);
  });

  it('is refused where there is no table', () => {
    expect(() => seccompFilter('riscv64')).toThrow('no filter of system calls for riscv64');
  });
});
