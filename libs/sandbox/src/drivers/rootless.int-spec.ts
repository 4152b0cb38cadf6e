import { readFileSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { asOrdinaryUser, ORDINARY_USER, withSubordinateIds } from '../testing/ordinary-user.js';
import { openDriver } from './open-driver.js';

const isRoot = process.getuid?.() === 0;
const PROGRAM = fileURLToPath(new URL('../../dist/testing/rootless-try.js', import.meta.url));

(isRoot ? describe : describe.skip)('without root of the host', () => {
  const ownDirectory = async (): Promise<string> => {
    const own = await temporary('rootless');
    await chown(own, ORDINARY_USER, ORDINARY_USER);
    return own;
  };

  it('an ordinary user is refused without the explicit choice, and with it the boundary is what it says', async () => {
    const own = await ownDirectory();
    const child = asOrdinaryUser(process.execPath, PROGRAM, own);
    const report = JSON.parse(await text(child.stdout)) as Record<string, unknown>;
    expect(report).toMatchObject({
      refused: expect.stringContaining('HEDDLE_SANDBOX=rootless-weak'),
      description: { driver: 'BUBBLEWRAP', boundary: 'USER_NAMESPACE', fileSystem: 'OVERLAY', usersPerSandbox: false },
      stdout: '54321\nkept',
      exitCode: 6,
      changes: ['remove gone', 'file added'],
      base: ['gone', 'kept'],
      removed: true,
    });
    expect((report['description'] as { missing: string[] }).missing).toEqual(
      expect.arrayContaining(['user of its own', 'memory limit']),
    );
    expect((await readdir(own)).includes('self-test')).toBe(false);
  });

  it('root of a user namespace has users for repositories, overlays of its own, and a boundary that passes', async () => {
    const own = await ownDirectory();
    const output = await withSubordinateIds(65_536, [process.execPath, PROGRAM, own, 'rootless']);
    expect(JSON.parse(output)).toMatchObject({
      refused: expect.stringContaining('HEDDLE_SANDBOX=rootless'),
      description: {
        boundary: 'USER_NAMESPACE',
        missing: expect.arrayContaining([expect.stringMatching(/^user of its own: one per repository/)]),
        fileSystem: 'OVERLAY',
        fileSystemReason: 'in a user namespace directories of the base can not be renamed',
        usersPerSandbox: false,
      },
      stdout: '1000\nkept',
      exitCode: 6,
      changes: ['remove gone', 'file added'],
      base: ['gone', 'kept'],
      removed: true,
    });
  });

  const cgroup2 = / (\/\S+) \S+(?: \S+)* - cgroup2 /.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1];
  (cgroup2 === undefined ? it.skip : it)('freezes and kills by a control group that was delegated to it', async () => {
    const own = await ownDirectory();
    const group = join(cgroup2 ?? '', `heddle-delegated-${String(process.pid)}`);
    await mkdir(group);
    try {
      for (const path of [group, join(group, 'cgroup.procs')]) await chown(path, ORDINARY_USER, ORDINARY_USER);
      const output = await withSubordinateIds(65_536, [process.execPath, PROGRAM, own, 'rootless'], [group]);
      const report = JSON.parse(output) as { exitCode: number; description: { missing: string[] } };
      expect(report.exitCode).toBe(6);
      expect(report.description.missing).not.toContain('freezing by control group');
    } finally {
      await untilEmpty(group);
      for (const name of await readdir(group)) if (name.startsWith('heddle-')) await rmdir(join(group, name));
      await rmdir(group);
    }
  });

  it('a user namespace without ids is refused, and root of the host is no root of one', async () => {
    const own = await ownDirectory();
    const script = `import('${new URL('../../dist/index.js', import.meta.url).href}').then(({ openDriver }) => openDriver({ mode: 'rootless', directory: '${own}' })).catch((error) => console.log(error.reason, error.message))`;
    const output = await withSubordinateIds(0, [process.execPath, '--input-type=module', '-e', script]);
    expect(output).toMatch(/SANDBOX_UNAVAILABLE .*subordinate ids.*\/etc\/subuid.*newuidmap/);
    await expect(openDriver({ mode: 'rootless', directory: own })).rejects.toThrow('needs root of a user namespace');
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();

/** Whoever has exited is counted by the kernel until all of it is gone. */
async function untilEmpty(group: string): Promise<void> {
  while (!(await readFile(join(group, 'cgroup.events'), 'utf8')).includes('populated 0')) await delay(20);
}
