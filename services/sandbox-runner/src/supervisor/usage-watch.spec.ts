import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { boxPaths, type BoxSpec, type BoxUsage, type LimitHit, type ProcessUsage } from '@heddle/sandbox';
import { FakeDriver } from '../testing/fake-driver.js';
import { combineUsage, UsageWatch } from './usage-watch.js';

const BOX: BoxSpec = { name: 'b', paths: boxPaths('/nowhere'), layers: [], uid: 0, limits: {} };
const IDLE_MS = 40_000;
let driver: FakeDriver;
let met: LimitHit[];
let answeredBytes: number;
let watch: UsageWatch;
let isInLine: boolean;

/** Lets so many seconds pass, in each of which `each` is done. */
async function pass(seconds: number, each: () => void = () => undefined): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    each();
    await jest.advanceTimersByTimeAsync(1_000);
  }
}

function counted(more: Partial<BoxUsage>): void {
  driver.counted = { ...driver.counted, ...more };
}

describe('a watch over what a box uses', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    driver = new FakeDriver();
    counted({ cpuMs: 0 });
    met = [];
    const onLimit = (limit: LimitHit): void => void met.push(limit);
    answeredBytes = 0;
    isInLine = false;
    watch = new UsageWatch({
      ...{ driver, box: BOX, spools: [], startedAt: Date.now(), idleMs: IDLE_MS, onLimit },
      answeredBytes: () => Promise.resolve(answeredBytes),
      isInLine: () => isInLine,
    });
    watch.start();
  });

  afterEach(() => {
    watch.stop();
    jest.useRealTimers();
  });

  it('ends one that does nothing for as long as it may', async () => {
    await pass(30);
    expect(met).toEqual([]);
    await pass(30);
    expect(met).toContain('IDLE_LIMIT');
  });

  it('lets one go on that works now and then, and not one that only waits', async () => {
    let cpuMs = 0;
    await pass(120, () => {
      counted({ cpuMs: (cpuMs += 100) });
    });
    expect(met).toEqual([]);
    await pass(120, () => {
      counted({ cpuMs: (cpuMs += 20) });
    });
    expect(met).toContain('IDLE_LIMIT');
  });

  it('lets one go on that would work and gets no processor', async () => {
    let [cpuMs, cpuWaitMs] = [0, 0];
    await pass(120, () => {
      counted({ cpuMs: (cpuMs += 20), cpuWaitMs: (cpuWaitMs += 900) });
    });
    expect(met).toEqual([]);
    // What only wakes up now and then waits a little, too.
    await pass(60, () => {
      counted({ cpuMs: (cpuMs += 5), cpuWaitMs: (cpuWaitMs += 200) });
    });
    expect(met).toContain('IDLE_LIMIT');
  });

  it('lets one go on to which answers come, however little it does with them', async () => {
    await pass(120, () => {
      answeredBytes += 10;
    });
    expect(met).toEqual([]);
    await pass(60);
    expect(met).toContain('IDLE_LIMIT');
  });

  it('does not count the time in which it waits for its model', async () => {
    isInLine = true;
    await pass(120);
    expect(met).toEqual([]);
    isInLine = false;
    await pass(60);
    expect(met).toContain('IDLE_LIMIT');
  });

  it('does not count the time in which it was frozen', async () => {
    driver.frozen = true;
    await pass(120);
    driver.frozen = false;
    await pass(30);
    expect(met).toEqual([]);
    await pass(30);
    expect(met).toContain('IDLE_LIMIT');
  });

  it('knows nothing of idleness where nobody counts', async () => {
    counted({ cpuMs: undefined });
    await pass(120);
    expect(met).toEqual([]);
  });

  it('ends one whose disk is full where the kernel lets it go on, and remembers where it does not', async () => {
    counted({ disk: { bytes: 5, inodes: 6, full: true, enforced: true } });
    await pass(10);
    expect(met).toEqual([]);
    counted({ disk: { bytes: 1, inodes: 1, full: false, enforced: true } });
    await pass(10);
    expect(watch.diskWasFull).toBe(true);
    expect(watch.usage).toMatchObject({ peakDiskBytes: 5, peakDiskInodes: 6 });
    counted({ disk: { bytes: 9, inodes: 1, full: true, enforced: false } });
    await pass(10);
    expect(met[0]).toBe('DISK_LIMIT');
  });

  it('bears a host that can not be read', async () => {
    jest.spyOn(driver, 'usage').mockRejectedValueOnce(new Error('EIO'));
    await pass(120);
    expect(met).toContain('IDLE_LIMIT');
  });
});

describe('usage of a whole sandbox', () => {
  it('has the highest of the peaks, and the sum of what adds up', () => {
    const one: ProcessUsage = { peakMemoryBytes: 5, cpuMs: 1, outputBytes: 1, wallMs: 10, sampledAt: 1 };
    const two: ProcessUsage = {
      peakMemoryBytes: 3,
      peakProcesses: 2,
      cpuMs: 2,
      outputBytes: 1,
      wallMs: 5,
      sampledAt: 9,
    };
    expect(combineUsage([one, two])).toMatchObject({
      peakMemoryBytes: 5,
      peakProcesses: 2,
      cpuMs: 3,
      outputBytes: 2,
      wallMs: 15,
      sampledAt: 9,
    });
    expect(combineUsage([])).toBeUndefined();
  });
});
