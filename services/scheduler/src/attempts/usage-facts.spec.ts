import { describe, expect, it } from '@jest/globals';
import { SandboxUsage } from '@heddle/contracts';
import { isNotable, mergeUsage, usageFacts } from './usage-facts.js';

describe('usage of an attempt', () => {
  it('holds what was counted, and nothing that was not', () => {
    const usage = SandboxUsage.fromPartial({
      peakMemoryBytes: '5000000000',
      cpuDuration: { seconds: '1', nanos: 5e8 },
      sampleTime: new Date(7),
    });
    expect(usageFacts(usage)).toEqual({ peakMemoryBytes: 5e9, cpuMs: 1_500, sampledAt: 7 });
  });

  it('never shrinks, whichever sample comes last', () => {
    const known = { peakMemoryBytes: 10, cpuMs: 5 };
    expect(mergeUsage(known, { peakMemoryBytes: 8, cpuMs: 6, peakProcesses: 2 })).toEqual({
      peakMemoryBytes: 10,
      cpuMs: 6,
      peakProcesses: 2,
    });
    expect(mergeUsage(null, known)).toEqual(known);
  });

  it('is news when something grew by a tenth, and not because time passed', () => {
    const known = { peakMemoryBytes: 100, cpuMs: 1_000, wallMs: 1_000, sampledAt: 1 };
    expect(isNotable(known, { peakMemoryBytes: 105, cpuMs: 1_050, wallMs: 9_000, sampledAt: 2 })).toBe(false);
    expect(isNotable(known, { cpuMs: 1_200 })).toBe(true);
    expect(isNotable(known, { peakDiskBytes: 1 })).toBe(true);
    expect(isNotable(null, { outputBytes: 1 })).toBe(true);
  });
});
