import { describe, expect, it } from '@jest/globals';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { attemptJson, toAttempt } from './attempt.mapper.js';

const around = { environmentVersion: 1, traceparent: '' };
const ROW = {
  id: 'a',
  state: 'RUNNING',
  statusDetail: '',
  statusMessage: '',
  reviewState: 'PENDING',
  landingState: 'NONE',
  runnerId: null,
  exitCode: null,
  startTime: null,
  endTime: null,
  changeId: null,
  sandbox: null,
  usage: null,
  budget: null,
  pauseTime: null,
  keepUntilTime: null,
  revision: '1',
} as const;
const shown = (more: Partial<AttemptEntity>) =>
  attemptJson(toAttempt(Object.assign(new AttemptEntity(), ROW, more), around));

describe('what an attempt shows of its sandbox', () => {
  it('is nothing before there was one', () => {
    const attempt = shown({});
    expect(attempt).not.toHaveProperty('sandbox');
    expect(attempt).not.toHaveProperty('usage');
    expect(attempt).not.toHaveProperty('pauseTime');
  });

  it('is the boundary, the layer, and until when it is kept', () => {
    const sandbox = { driver: 'BUBBLEWRAP', boundary: 'FULL', missing: [], fileSystem: 'OVERLAY', durationMs: 40 };
    const keepUntilTime = new Date('2026-01-02T03:04:05Z');
    expect(
      shown({ sandbox: { ...sandbox, setupCache: 'MISS', setupCacheReason: 'INPUTS_CHANGED' }, keepUntilTime }),
    ).toMatchObject({
      sandbox: {
        driver: 'BUBBLEWRAP',
        provisionDuration: '0.040s',
        setupCache: 'MISS',
        setupCacheReason: 'INPUTS_CHANGED',
        keepUntilTime: '2026-01-02T03:04:05Z',
      },
    });
    // A row of before there were layers.
    expect(shown({ sandbox })).toMatchObject({ sandbox: { setupCache: '', setupCacheReason: '' } });
  });

  it('is what it used, without what the host could not measure, and since when it is paused', () => {
    const pauseTime = new Date('2026-01-02T03:04:05Z');
    const attempt = shown({ usage: { peakMemoryBytes: 5e9, cpuMs: 1_500, peakProcesses: 3 }, pauseTime });
    expect(attempt).toMatchObject({
      pauseTime: '2026-01-02T03:04:05Z',
      usage: { peakMemoryBytes: '5000000000', peakProcesses: 3, cpuDuration: '1.500s', peakDiskBytes: '0' },
    });
    expect(attempt).not.toHaveProperty('usage.wallDuration');
    expect(attempt).not.toHaveProperty('usage.sampleTime');
  });
});
