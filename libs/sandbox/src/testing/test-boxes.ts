import { execFileSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { controlGroupsWith } from '@heddle/testing/control-groups';
import { groupName } from '../drivers/open-driver.js';
import type { SandboxDriver } from '../drivers/sandbox-driver.js';
import { mountFileSystem } from '../native/libc.js';
import { isCut } from '../process/output-drain.js';
import { boxPaths } from '../workspace/box-paths.js';
import { mountsBelow } from '../workspace/mount-table.js';
import { removeTree } from '../workspace/remove-tree.js';
import { CONDITIONS, conditions } from './conditions.js';
import { suiteOf, type DriverUnderTest } from './drivers-under-test.js';
import { runInBox, type BoxRun } from './run-in-box.js';

const UID = 201_234;

/** What every driver with a boundary promises, as far as its boxes show it. Once in a file. */
export function testBoxes(subject: DriverUnderTest): void {
  let directory = '';
  let base = '';
  let driver: SandboxDriver;

  suiteOf(subject, 'boxes', () => {
    beforeAll(async () => {
      directory = await temporary('boxes');
      base = join(directory, 'base');
      await mkdir(base);
      await writeFile(join(base, 'file'), 'base\n');
      for (const path of [base, join(base, 'file')]) await chown(path, UID, UID);
      await writeFile(join(directory, 'secret'), 'secret', { mode: 0o644 });
      driver = await subject.open(directory);
    });

    afterAll(async () => {
      await driver.close();
      expect(await mountsBelow(directory)).toEqual([]);
      expect(controlGroupsWith(`/${groupName(directory)}`)).toEqual([]);
    });

    const inside = (script: string): Promise<BoxRun> => runInBox(driver, directory, base, UID, script);

    it('gives a work tree, a home, a clean environment and the exit code', async () => {
      const run = await inside(
        'cat file; echo more >> file; pwd; id -u; env | sort | cut -d= -f1 | tr "\\n" " "; node -e "console.log(1)"; npm --version >/dev/null; touch ~/x /tmp/x /dev/shm/x; exit 3',
      );
      expect(run.exitCode).toBe(3);
      expect(run.stdout).toContain(`base\n/workspace\n${String(UID)}\n`);
      expect(run.stdout).toContain('GIVEN HOME LANG LOGNAME PATH PWD SHELL SHLVL TMPDIR USER _');
      expect(await readFile(join(run.upper, 'file'), 'utf8')).toBe('base\nmore\n');
      expect(await readFile(join(base, 'file'), 'utf8')).toBe('base\n');
    });

    it.each(CONDITIONS)('%s', async (name) => {
      const facts = { secret: join(directory, 'secret'), pids: [process.pid, process.ppid] } as const;
      const script = new Map(conditions(facts)).get(name) ?? 'exit 99';
      const run = await inside(script);
      expect({ exitCode: run.exitCode, stderr: run.exitCode === 0 ? '' : run.stderr }).toEqual({
        exitCode: 0,
        stderr: '',
      });
    });

    it('lets nobody else of the host reach what a box wrote', async () => {
      const run = await inside('cp /usr/bin/id id; chmod 6755 id; ./id -u');
      expect(run.stdout).toBe(`${String(UID)}\n`);
      const program = join(run.upper, 'id');
      const other = ['--reuid', '54321', '--regid', '54321', '--clear-groups'];
      expect((await stat(program)).uid).toBe(UID);
      // By a shell of that user: setpriv itself looks its program up with root's rights.
      const attempt = (): unknown => execFileSync('setpriv', [...other, 'sh', '-c', program], { stdio: 'pipe' });
      expect(attempt).toThrow('Permission denied');
    });

    it('shows a directory of tools read-only, and no setuid program in it', async () => {
      const source = join(directory, 'tool');
      await mkdir(source);
      execFileSync('cp', ['/usr/bin/id', join(source, 'id')]);
      execFileSync('chmod', ['6755', join(source, 'id')]);
      const target = '/opt/heddle/agents/some';
      const script = `${target}/id -u; ! touch ${target}/x && ! rm ${target}/id && ! chmod 755 ${target}/id && grep ' ${target} ' /proc/self/mountinfo | cut -d' ' -f6`;
      const run = await runInBox(driver, directory, base, UID, script, { tools: [{ source, target }] });
      expect(run.stdout.split('\n')[0]).toBe(String(UID));
      // An engine takes no more options than this one; that no program gains rights holds by no_new_privs as well.
      const options = driver.description.driver === 'CONTAINER' ? ['ro'] : ['ro', 'nosuid', 'nodev'];
      expect(run.stdout.split('\n')[1]?.split(',')).toEqual(expect.arrayContaining(options));
    });

    it('has as much memory for files as it is given', async () => {
      const sizes = { tmpBytes: 1 << 20, shmBytes: 2 << 20 };
      const script = 'df -k --output=size /tmp /dev/shm | tail -n +2 | tr -d " "';
      expect((await runInBox(driver, directory, base, UID, script, { limits: sizes })).stdout).toBe('1024\n2048\n');
    });

    it('lets git rename directories of the base', async () => {
      execFileSync('/bin/bash', [
        '-ec',
        `mkdir -p ${base}/dir && echo 1 > ${base}/dir/a && chown -R ${String(UID)} ${base}/dir`,
      ]);
      expect((await inside("python3 -c \"import os; os.rename('dir', 'moved')\" && cat moved/a")).stdout).toBe('1\n');
    });

    it('keeps two boxes of one user apart', async () => {
      const [first, second] = await Promise.all([
        inside('touch /tmp/a mine; sleep 0.5; ls /tmp . '),
        inside('touch /tmp/b yours; sleep 0.5; ls /tmp .'),
      ]);
      expect(first.stdout).toMatch(/mine/);
      expect(first.stdout).not.toMatch(/yours|\bb\b/);
      expect(second.stdout).not.toMatch(/mine|\ba\b/);
    });

    it('freezes and thaws the whole tree', async () => {
      const box = {
        name: `frozen-${String(process.pid)}`,
        paths: boxPaths(join(directory, 'frozen')),
        layers: [{ path: base, removed: [] }],
        uid: UID,
        limits: {},
      };
      await driver.create(box);
      const spool = { stdout: join(directory, 'fo'), stderr: join(directory, 'fe') };
      const child = await driver.spawn(
        box,
        {
          id: 'p',
          command: ['bash', '-c', 'i=0; while :; do i=$((i+1)); echo $i > n; done'],
          environment: {},
          spool,
          outputCapBytes: 4096,
        },
        () => Promise.resolve(),
      );
      const file = join(box.paths.upper, 'n');
      const look = async (): Promise<string> => readFile(file, 'utf8').catch(() => '');
      while ((await look()) === '') await new Promise((resolve) => setTimeout(resolve, 10));
      await driver.freeze(box, 5_000);
      const before = await look();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await look()).toBe(before);
      await driver.thaw(box);
      while ((await look()) === before) await new Promise((resolve) => setTimeout(resolve, 10));
      await driver.freeze(box, 5_000);
      // A frozen tree dies too.
      await driver.kill(box, 10_000);
      await child.exited;
      expect(await driver.isEmpty(box)).toBe(true);
      await driver.destroy(box);
    });

    it('shows a box that is mounted again what it wrote before', async () => {
      const paths = boxPaths(join(directory, 'again'));
      const layers = [{ path: base, removed: [] }];
      const box = { name: `again-${String(process.pid)}`, paths, layers, uid: UID, limits: {} };
      await driver.create(box);
      await writeFile(join(paths.merged, 'written'), '');
      await driver.destroy(box);
      await driver.create(box);
      expect(await readdir(paths.merged)).toEqual(expect.arrayContaining(['file', 'written']));
      await driver.destroy(box);
    });

    it.each([
      ['reaches its limit', { mebibytes: 64, cap: 4096 }],
      ['is on a full disk', { mebibytes: 1, cap: 1 << 30 }],
    ])('says that output was cut when its spool %s, and blocks nobody', async (_, { mebibytes, cap }) => {
      const spools = await mkdtemp(join(directory, 'spools-'));
      mountFileSystem('tmpfs', 'heddle', spools, 0, `size=${String(mebibytes)}m`);
      const spool = { stdout: join(spools, 'out'), stderr: join(spools, 'err') };
      const layers = [{ path: base, removed: [] }];
      const name = `cut-${String(process.pid)}-${String(cap)}`;
      const box = { name, paths: boxPaths(join(directory, name)), layers, uid: UID, limits: {} };
      await driver.create(box);
      try {
        const command = ['bash', '-c', 'head -c 3000000 /dev/zero; echo end >&2'];
        const run = { id: 'p', command, environment: {}, spool, outputCapBytes: cap } as const;
        const child = await driver.spawn(box, run, () => Promise.resolve());
        await child.exited;
        await child.drained;
        expect(await driver.ending(box, 'p')).toMatchObject({ exitCode: 0 });
        expect([await isCut(spool.stdout), await isCut(spool.stderr)]).toEqual([true, mebibytes === 1]);
      } finally {
        await driver.kill(box, 10_000);
        await driver.destroy(box);
        await removeTree(spools);
      }
    });
  });

  // After the hooks above: directories go when nothing uses them any more.
  const temporary = useTemporaryDirectories();
}
