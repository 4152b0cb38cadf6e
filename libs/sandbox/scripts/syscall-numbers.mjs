// Writes src/seccomp/syscall-numbers.ts from the kernel's own headers, by asking the C preprocessor:
//   node libs/sandbox/scripts/syscall-numbers.mjs
// x86-64 has a list of its own, arm64 uses the generic one with the old calls that its asm/unistd.h asks for.
// The numbers are the kernel's interface to programs and never change; a newer header only adds calls.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const ARCHITECTURES = {
  x64: { header: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h', wants: [] },
  arm64: {
    header: '/usr/include/asm-generic/unistd.h',
    wants: ['RENAMEAT', 'NEW_STAT', 'SET_GET_RLIMIT', 'TIME32_SYSCALLS', 'SYS_CLONE3', 'MEMFD_SECRET'],
  },
};

/** From 424 on every architecture numbers new calls alike; these are newer than the headers of some distributions. */
const NEWER = {
  cachestat: 451,
  fchmodat2: 452,
  map_shadow_stack: 453,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
};

/** Macros of the headers that are no calls. */
const NO_CALLS = new Set(['arch_specific_syscall', 'syscalls', 'sync_file_range2']);

function numbersOf({ header, wants }) {
  const macros = execFileSync(
    'gcc',
    ['-E', '-dM', '-D__BITS_PER_LONG=64', ...wants.map((name) => `-D__ARCH_WANT_${name}`), '-x', 'c', header],
    { encoding: 'utf8' },
  );
  const defined = new Map(
    [...macros.matchAll(/^#define (__NR(?:3264)?_\w+) (\w+)$/gm)].map(([, key, value]) => [key, value]),
  );
  const numbers = new Map(Object.entries(NEWER));
  for (const [key, value] of defined) {
    const name = /^__NR_(\w+)$/.exec(key)?.[1];
    const number = Number(defined.get(value) ?? value);
    if (name !== undefined && !NO_CALLS.has(name) && Number.isInteger(number)) numbers.set(name, number);
  }
  return [...numbers].sort((a, b) => a[1] - b[1]);
}

/** Lines of at most 110 characters: one entry a line would fill a screen for every page of calls. */
function lines(entries) {
  const result = [''];
  for (const [call, number] of entries) {
    const entry = `${call}=${String(number)}`;
    if (`${result.at(-1)} ${entry}`.length > 110) result.push('');
    result.push(`${result.pop()} ${entry}`.trim());
  }
  return result.map((line) => `    ${line}`).join('\n');
}

const tables = Object.entries(ARCHITECTURES).map(
  ([name, architecture]) => `  ${name}: table(\`\n${lines(numbersOf(architecture))}\`),`,
);
const text = `// Made by scripts/syscall-numbers.mjs from the kernel's headers.

type Table = Readonly<Record<string, number>>;

/** Numbers of the kernel's calls, by the names that Node gives to architectures. */
export const SYSCALL_NUMBERS: Readonly<Record<'x64' | 'arm64', Table>> = {
${tables.join('\n')}
};

function table(text: string): Table {
  const entries = text.trim().split(/\\s+/);
  return Object.fromEntries(entries.map((entry) => [entry.replace(/=.*/, ''), Number(entry.replace(/.*=/, ''))]));
}
`;
writeFileSync(new URL('../src/seccomp/syscall-numbers.ts', import.meta.url), text);
