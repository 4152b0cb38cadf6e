import { describe, expect, it } from '@jest/globals';
import { SandboxLimits } from '@heddle/contracts';
import { resolveLimits, type LimitDefaults } from './sandbox-limits.js';

const DEFAULTS: LimitDefaults = {
  memoryBytes: 1,
  processes: 2,
  outputBytes: 3,
  cpuMillis: 0,
  diskBytes: 5,
  diskInodes: 6,
  openFiles: 7,
  idleMs: 0,
};

describe('limits of a sandbox', () => {
  it('are the defaults of the runner where the environment says nothing, or zero', () => {
    const box = { memoryBytes: 1, processes: 2, diskBytes: 5, diskInodes: 6, openFiles: 7 };
    const expected = { box, outputBytes: 3, idleMs: undefined };
    expect(resolveLimits(undefined, DEFAULTS)).toEqual(expected);
    expect(resolveLimits(SandboxLimits.create(), DEFAULTS)).toEqual(expected);
    expect(resolveLimits(undefined, { ...DEFAULTS, cpuMillis: 4, idleMs: 8 })).toMatchObject({
      box: { cpuMillis: 4 },
      idleMs: 8,
    });
  });

  it("are the environment's, each by itself", () => {
    const limits = SandboxLimits.fromPartial({
      memoryBytes: '10',
      cpuMillis: 1500,
      diskInodes: '60',
      idleDuration: { seconds: '2', nanos: 5e8 },
    });
    expect(resolveLimits(limits, DEFAULTS)).toEqual({
      box: { memoryBytes: 10, processes: 2, diskBytes: 5, diskInodes: 60, openFiles: 7, cpuMillis: 1500 },
      outputBytes: 3,
      idleMs: 2_500,
    });
  });
});
