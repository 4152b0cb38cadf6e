import type { BoxLimits, TemporarySizes } from '../drivers/sandbox-driver.js';
import { NODE_PREFIX } from './toolchain.js';

const MIB = 1024 * 1024;
const SHM_BYTES = 64 * MIB;
const TMP_BYTES = 1024 * MIB;

/** Where every boundary of its own puts what a box has. */
export const INSIDE = { workspace: '/workspace', home: '/home/agent', run: '/run/heddle' } as const;

export function temporarySizes(limits: BoxLimits & TemporarySizes): Required<Record<keyof TemporarySizes, number>> {
  return { shmBytes: limits.shmBytes ?? SHM_BYTES, tmpBytes: limits.tmpBytes ?? TMP_BYTES };
}

/** What every process finds in its environment, unless its own says otherwise. */
export function baseEnvironment(): Record<string, string> {
  return {
    PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${NODE_PREFIX}/bin`,
    HOME: INSIDE.home,
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
  };
}
