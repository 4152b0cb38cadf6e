import { describe, expect, it } from '@jest/globals';
import { limitsHit, type LimitEvidence } from './limits-hit.js';

const DISK = { bytes: 1, inodes: 1, enforced: true };
const WELL: LimitEvidence = {
  outcome: 'EXITED',
  exitCode: 0,
  forced: undefined,
  counted: { disk: undefined },
  diskWasFull: false,
  isWhole: true,
  outputCut: false,
};
const counted = (more: Partial<LimitEvidence['counted']>): LimitEvidence['counted'] => ({ disk: undefined, ...more });

describe('the limits that a process met', () => {
  it('are none where it met none', () => {
    expect(limitsHit(WELL)).toEqual([]);
    expect(limitsHit({ ...WELL, exitCode: 1 })).toEqual([]);
  });

  it.each([
    ['MEMORY_LIMIT', { counted: counted({ oomKills: 1 }) }],
    ['PROCESS_LIMIT', { counted: counted({ refusedProcesses: 1 }) }],
    ['DISK_LIMIT', { diskWasFull: true }],
  ] as const)('%s explains an end that is a failure, and no other', (word, evidence) => {
    expect(limitsHit({ ...WELL, ...evidence, exitCode: 1 })).toEqual([word]);
    expect(limitsHit({ ...WELL, ...evidence, outcome: 'LOST', exitCode: undefined })).toEqual([word]);
    expect(limitsHit({ ...WELL, ...evidence })).toEqual([]);
  });

  it('a full disk at the end, a cut output and what the host did not take count whatever the exit code', () => {
    expect(limitsHit({ ...WELL, counted: counted({ disk: { ...DISK, full: true } }) })).toEqual(['DISK_LIMIT']);
    expect(limitsHit({ ...WELL, outputCut: true })).toEqual(['OUTPUT_LIMIT']);
    expect(limitsHit({ ...WELL, isWhole: false })).toEqual(['HOST_DISK_FULL']);
  });

  it('come with the strongest first, and each once', () => {
    const everything = counted({ oomKills: 1, refusedProcesses: 1, disk: { ...DISK, full: true } });
    expect(
      limitsHit({ ...WELL, outcome: 'LIMITED', forced: 'DISK_LIMIT', counted: everything, outputCut: true }),
    ).toEqual(['DISK_LIMIT', 'MEMORY_LIMIT', 'PROCESS_LIMIT', 'OUTPUT_LIMIT']);
  });
});
