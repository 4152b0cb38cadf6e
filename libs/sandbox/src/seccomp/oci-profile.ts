import { constants } from 'node:os';
import { SandboxError } from '../sandbox-error.js';
import { ALLOWED_CALLS, ARGUMENT_RULES, UNKNOWN_CALLS, type ArgumentRule, type Condition } from './policy.js';

/** As container engines read it: `linux.seccomp` of the OCI runtime specification. */
export interface OciProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly OciRule[];
}

interface OciRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly OciArgument[];
}

/** True if `argument[index] & value` is `valueTwo`. */
interface OciArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo: number;
  readonly op: 'SCMP_CMP_MASKED_EQ';
}

/** Other architectures are not named: their calls end the process. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' };
const BITS = 32;

/**
 * The same policy in the engines' words. Theirs know no order of cases: a refused protocol of an allowed family of sockets
 * gets EPERM here. SANDBOX_UNAVAILABLE where we have no filter.
 */
export function ociProfile(architecture: string = process.arch): OciProfile {
  const name = ARCHITECTURES[architecture];
  if (name === undefined)
    throw new SandboxError('SANDBOX_UNAVAILABLE', `Heddle has no filter of system calls for ${architecture}.`);
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: constants.errno.EPERM,
    architectures: [name],
    syscalls: [
      { names: Object.values(ALLOWED_CALLS).flat(), action: 'SCMP_ACT_ALLOW' },
      { names: UNKNOWN_CALLS, action: 'SCMP_ACT_ERRNO', errnoRet: constants.errno.ENOSYS },
      ...Object.entries(ARGUMENT_RULES).flatMap(([call, rule]) => [
        ...allowedArguments(rule).map((args): OciRule => ({ names: [call], action: 'SCMP_ACT_ALLOW', args })),
        ...refusedFamilies(call, rule),
      ]),
    ],
  };
}

/** Each of them is one way to be allowed. */
function allowedArguments({ cases, otherwise }: ArgumentRule): OciArgument[][] {
  if (otherwise !== 'ALLOW')
    return cases.filter(({ verdict }) => verdict === 'ALLOW').flatMap(({ when }) => combinations(when));
  const [refused, ...others] = cases.flatMap(({ when }) => when);
  if (refused === undefined || others.length > 0) throw new RangeError('one refused condition can be turned around');
  // Not by "not equal": that would look at the upper half too, which the kernel ignores.
  return everythingBut(refused.values).map(({ mask, value }) => [equal(refused.argument, mask, value)]);
}

/** Families of sockets that no case names have an answer of their own, which programs take for "not here". */
function refusedFamilies(call: string, { cases, otherwise }: ArgumentRule): OciRule[] {
  if (otherwise !== 'EAFNOSUPPORT') return [];
  const named = cases.flatMap(({ when }) =>
    when.filter(({ argument }) => argument === 0).flatMap(({ values }) => values),
  );
  return everythingBut(named).map(({ mask, value }) => ({
    names: [call],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: constants.errno[otherwise],
    args: [equal(0, mask, value)],
  }));
}

function combinations(conditions: readonly Condition[]): OciArgument[][] {
  return conditions.reduce<OciArgument[][]>(
    (before, { argument, mask, values }) =>
      before.flatMap((args) => values.map((value) => [...args, equal(argument, mask, value)])),
    [[]],
  );
}

function equal(index: number, mask: number, value: number): OciArgument {
  return { index, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' };
}

/** All numbers of 32 bits but the given, as the prefixes that none of these begins with. */
export function everythingBut(values: readonly number[]): { readonly mask: number; readonly value: number }[] {
  const found: { mask: number; value: number }[] = [];
  const visit = (value: number, length: number): void => {
    const mask = length === 0 ? 0 : (-1 << (BITS - length)) >>> 0;
    if (!values.some((refused) => (refused & mask) >>> 0 === value)) found.push({ mask, value });
    else if (length < BITS) for (const bit of [0, 1]) visit((value | (bit << (BITS - length - 1))) >>> 0, length + 1);
  };
  visit(0, 0);
  return found;
}
