import type { SandboxLimits } from '@heddle/contracts';
import type { BoxLimits } from '@heddle/sandbox';

/** What a sandbox may use. */
export interface ResolvedLimits {
  readonly box: BoxLimits;
  /** Of each output of a process. */
  readonly outputBytes: number;
  /** Without output and without processor time; undefined: for ever. */
  readonly idleMs: number | undefined;
}

/** Where the environment says nothing. Zero: no limit, which only processors and idle time may have. */
export interface LimitDefaults {
  readonly memoryBytes: number;
  readonly processes: number;
  readonly outputBytes: number;
  readonly cpuMillis: number;
  readonly diskBytes: number;
  readonly diskInodes: number;
  readonly openFiles: number;
  readonly idleMs: number;
}

export function resolveLimits(limits: SandboxLimits | undefined, defaults: LimitDefaults): ResolvedLimits {
  const given = (value: string | number | undefined, otherwise: number): number => {
    const number = Number(value ?? 0);
    return number > 0 ? number : otherwise;
  };
  const cpuMillis = given(limits?.cpuMillis, defaults.cpuMillis);
  const { seconds = '0', nanos = 0 } = limits?.idleDuration ?? {};
  const idleMs = given(Number(seconds) * 1_000 + nanos / 1e6, defaults.idleMs);
  return {
    box: {
      memoryBytes: given(limits?.memoryBytes, defaults.memoryBytes),
      processes: given(limits?.processes, defaults.processes),
      diskBytes: given(limits?.diskBytes, defaults.diskBytes),
      diskInodes: given(limits?.diskInodes, defaults.diskInodes),
      openFiles: given(limits?.openFiles, defaults.openFiles),
      ...(cpuMillis > 0 ? { cpuMillis } : {}),
    },
    outputBytes: given(limits?.outputBytes, defaults.outputBytes),
    idleMs: idleMs > 0 ? idleMs : undefined,
  };
}
