import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { writeCgroupLimits } from './cgroup-limits.js';
import { readCgroupUsage } from './cgroup-usage.js';

const temporary = useTemporaryDirectories();
const LIMITS = { memoryBytes: 1_000, processes: 5, cpuMillis: 1_500 };
const NO_GROUPS = { v2: undefined, memory: undefined, pids: undefined, cpu: undefined, cpuacct: undefined };

/** A control group as it looks like, by its files. */
async function group(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(await temporary('group'), 'box');
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

async function filesOf(directory: string): Promise<Record<string, string>> {
  const names = await readdir(directory);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const)),
  );
}

describe('the files of a control group', () => {
  it('get the limits that v2 carries, and none of a controller that is not there', async () => {
    const whole = await group({ 'memory.max': '', 'memory.swap.max': '', 'pids.max': '', 'cpu.max': '' });
    await writeCgroupLimits({ ...NO_GROUPS, v2: whole }, LIMITS);
    expect(await filesOf(whole)).toEqual({
      'memory.max': '1000',
      'memory.swap.max': '0',
      'pids.max': '5',
      'cpu.max': '150000 100000',
    });
    const without = await group({ 'pids.max': '' });
    await writeCgroupLimits({ ...NO_GROUPS, v2: without }, LIMITS);
    expect(Object.keys(await filesOf(without))).toEqual(['pids.max']);
  });

  it('of v1 come before those of v2', async () => {
    const [v2, cpu] = [
      await group({ 'cpu.max': 'untouched' }),
      await group({ 'cpu.cfs_period_us': '', 'cpu.cfs_quota_us': '' }),
    ];
    await writeCgroupLimits({ ...NO_GROUPS, v2, cpu }, { cpuMillis: 1 });
    expect(await filesOf(cpu)).toEqual({ 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': '1000' });
    expect(await filesOf(v2)).toEqual({ 'cpu.max': 'untouched' });
  });

  it('tell what was counted, in v2', async () => {
    const v2 = await group({
      'cpu.stat': 'usage_usec 2500\nuser_usec 1\n',
      'cpu.pressure':
        'some avg10=1.00 avg60=0.10 avg300=0.00 total=7400\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n',
      'memory.peak': '4096\n',
      'memory.events': 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n',
      'pids.peak': '7\n',
      'pids.events': 'max 9\n',
    });
    expect(readCgroupUsage({ ...NO_GROUPS, v2 })).toEqual({
      cpuMs: 3,
      cpuWaitMs: 7,
      peakMemoryBytes: 4096,
      oomKills: 2,
      peakProcesses: 7,
      refusedProcesses: 9,
    });
  });

  it('tell what was counted, in v1, and what nothing counts', async () => {
    const memory = await group({
      'memory.max_usage_in_bytes': '4096\n',
      'memory.oom_control': 'under_oom 0\noom_kill 1\n',
    });
    const cpuacct = await group({ 'cpuacct.usage': '2500000\n' });
    expect(readCgroupUsage({ ...NO_GROUPS, memory, cpuacct, pids: await group({ 'pids.current': '3\n' }) })).toEqual({
      cpuMs: 3,
      peakMemoryBytes: 4096,
      oomKills: 1,
      peakProcesses: 3,
      refusedProcesses: 0,
    });
    expect(readCgroupUsage(NO_GROUPS)).toMatchObject({ cpuMs: undefined, peakMemoryBytes: undefined, oomKills: 0 });
  });
});
