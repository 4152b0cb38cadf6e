import { SandboxError } from '../sandbox-error.js';
import { encode } from './classic-bpf.js';
import { compileFilter, type Architecture } from './compile-filter.js';
import { SYSCALL_NUMBERS } from './syscall-numbers.js';

/** The filter of this host's architecture, as bubblewrap's `--seccomp` reads it; SANDBOX_UNAVAILABLE where we have none. */
export function seccompFilter(architecture: string = process.arch): Buffer {
  if (!isKnown(architecture)) {
    throw new SandboxError(
      'SANDBOX_UNAVAILABLE',
      `Heddle has no filter of system calls for ${architecture}, only for ${Object.keys(SYSCALL_NUMBERS).join(' and ')}.`,
    );
  }
  return encode(compileFilter(architecture));
}

function isKnown(architecture: string): architecture is Architecture {
  return architecture in SYSCALL_NUMBERS;
}
