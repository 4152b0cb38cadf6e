import { describe, expect, it } from '@jest/globals';
import { parseCgroupMounts, parseOwnGroups } from './cgroup-hierarchy.js';

const HYBRID = [
  '30 24 0:27 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw',
  '31 24 0:28 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory',
  '32 24 0:29 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct',
  '33 24 8:1 / /home rw - ext4 /dev/sda1 rw',
].join('\n');

describe('control groups of a host', () => {
  it('are read from its mounts', () => {
    expect(parseCgroupMounts(HYBRID)).toEqual([
      { path: '/sys/fs/cgroup/unified', root: '/', version: 2, controllers: [] },
      { path: '/sys/fs/cgroup/memory', root: '/', version: 1, controllers: ['rw', 'memory'] },
      { path: '/sys/fs/cgroup/cpu', root: '/docker/abc', version: 1, controllers: ['rw', 'cpu', 'cpuacct'] },
    ]);
  });

  it('and the own ones by controller', () => {
    const groups = parseOwnGroups('4:memory:/a:b\n3:cpu,cpuacct:/\n0::/user.slice\n');
    expect([groups.get('memory'), groups.get('cpuacct'), groups.get('')]).toEqual(['/a:b', '/', '/user.slice']);
  });
});
