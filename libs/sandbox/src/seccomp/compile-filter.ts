import { constants } from 'node:os';
import {
  AND,
  branch,
  instruction,
  JUMP_EQUAL,
  JUMP_GREATER_EQUAL,
  LOAD_WORD,
  RETURN,
  type Instruction,
} from './classic-bpf.js';
import {
  ALLOWED_CALLS,
  ARGUMENT_RULES,
  UNKNOWN_CALLS,
  type ArgumentRule,
  type Condition,
  type Verdict,
} from './policy.js';
import { SYSCALL_NUMBERS } from './syscall-numbers.js';

export type Architecture = keyof typeof SYSCALL_NUMBERS;

/** The kernel's names for the calling convention that a call came by (linux/audit.h). */
const AUDIT_ARCH: Readonly<Record<Architecture, number>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };

/** Offsets in `struct seccomp_data`. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const ARGUMENTS = 16;

const RET_ALLOW = 0x7fff_0000;
const RET_ERRNO = 0x0005_0000;
const RET_KILL_PROCESS = 0x8000_0000;

type Outcome = Verdict | ArgumentRule;

/** Numbers from `from` up to the next range's have one outcome. */
interface Range {
  readonly from: number;
  readonly outcome: Outcome;
}

/** The policy as a program of `seccomp(2)` for one architecture. Calls that it does not have are left out. */
export function compileFilter(architecture: Architecture): Instruction[] {
  return [
    instruction(LOAD_WORD, ARCHITECTURE),
    // Another convention has other numbers: 32-bit programs do not run at all.
    { code: JUMP_EQUAL, jt: 1, jf: 0, k: AUDIT_ARCH[architecture] },
    leave('KILL'),
    instruction(LOAD_WORD, NUMBER),
    ...search(rangesOf(architecture)),
  ];
}

/** What becomes of each number from 0 up: the last range has no end, so x32's numbers, which start at 2^30, are unknown. */
export function rangesOf(architecture: Architecture): Range[] {
  const numbers = SYSCALL_NUMBERS[architecture];
  const outcomes = new Map<number, Outcome>();
  const decide = (name: string, outcome: Outcome): void => {
    const number = numbers[name];
    if (number !== undefined) outcomes.set(number, outcome);
  };
  for (const name of Object.values(ALLOWED_CALLS).flat()) decide(name, 'ALLOW');
  for (const name of UNKNOWN_CALLS) decide(name, 'ENOSYS');
  for (const [name, rule] of Object.entries(ARGUMENT_RULES)) decide(name, rule);
  const end = Math.max(...Object.values(numbers)) + 1;
  const ranges: Range[] = [];
  for (let number = 0; number < end; number++) {
    const outcome = outcomes.get(number) ?? 'EPERM';
    if (ranges.at(-1)?.outcome !== outcome) ranges.push({ from: number, outcome });
  }
  // Newer than this table: programs that try a new call take ENOSYS for "not in this kernel".
  return [...ranges, { from: end, outcome: 'ENOSYS' }];
}

/** Binary search for the range of the loaded number. */
function search(ranges: readonly Range[]): Instruction[] {
  const [first] = ranges;
  if (first === undefined) throw new RangeError('a filter needs a range');
  if (ranges.length === 1) return outcome(first.outcome);
  const middle = Math.floor(ranges.length / 2);
  const left = search(ranges.slice(0, middle));
  const right = search(ranges.slice(middle));
  return [...branch(JUMP_GREATER_EQUAL, ranges[middle]?.from ?? 0, left.length), ...left, ...right];
}

function outcome(what: Outcome): Instruction[] {
  if (typeof what === 'string') return [leave(what)];
  return [...what.cases.flatMap(({ when, verdict }) => clause(when, verdict)), leave(what.otherwise)];
}

/** Returns the verdict if all conditions hold, else falls through to what comes after. */
function clause(conditions: readonly Condition[], verdict: Verdict): Instruction[] {
  return conditions.reduceRight<Instruction[]>(
    (rest, condition) => [...unless(condition, rest.length), ...rest],
    [leave(verdict)],
  );
}

/** Skips `count` instructions unless the condition holds. */
function unless({ argument, mask, values }: Condition, count: number): Instruction[] {
  const tests = values.map((value, index): Instruction => {
    const left = values.length - 1 - index;
    // To what comes after this condition, or from the last test past the rest.
    return { code: JUMP_EQUAL, jt: left, jf: left === 0 ? count : 0, k: value };
  });
  return [instruction(LOAD_WORD, ARGUMENTS + argument * 8), instruction(AND, mask), ...tests];
}

function leave(verdict: Verdict): Instruction {
  if (verdict === 'ALLOW') return instruction(RETURN, RET_ALLOW);
  if (verdict === 'KILL') return instruction(RETURN, RET_KILL_PROCESS);
  return instruction(RETURN, RET_ERRNO | constants.errno[verdict]);
}
