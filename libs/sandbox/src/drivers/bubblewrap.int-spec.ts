import { execFileSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { mountFileSystem } from '../native/libc.js';
import { isCut } from '../process/output-drain.js';
import { runSelfTest } from '../self-test/self-test.js';
import { mountsBelow } from '../workspace/mount-table.js';
import { runInBox, type BoxRun } from '../testing/run-in-box.js';
import { boxPaths, createBoxDirectories } from '../workspace/box-paths.js';
import { removeTree } from '../workspace/remove-tree.js';
import { groupName, openDriver } from './open-driver.js';
import type { SandboxDriver } from './sandbox-driver.js';

const isRoot = process.getuid?.() === 0;
const UID = 201_234;
let directory = '';
let base = '';
let driver: SandboxDriver;

(isRoot ? describe : describe.skip)('bubblewrap, started by root', () => {
  beforeAll(async () => {
    directory = await temporary('boxes');
    base = join(directory, 'base');
    await mkdir(base);
    await writeFile(join(base, 'file'), 'base\n');
    for (const path of [base, join(base, 'file')]) await chown(path, UID, UID);
    await writeFile(join(directory, 'secret'), 'secret', { mode: 0o644 });
    driver = await openDriver({ mode: '', directory });
  });

  afterAll(async () => {
    await driver.close();
    expect(await mountsBelow(directory)).toEqual([]);
    const groups = execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', groupName(directory)]).toString();
    expect(groups).toBe('');
  });

  const inside = (script: string): Promise<BoxRun> => runInBox(driver, directory, base, UID, script);

  it('says what it is', () => {
    expect(driver.description).toMatchObject({
      driver: 'BUBBLEWRAP',
      boundary: 'FULL',
      fileSystem: 'OVERLAY',
      fileSystemReason: undefined,
    });
  });

  it('starts where a supervisor was killed in the middle of its own start', async () => {
    const left = join(directory, 'self-test', 'box', 'merged');
    await mkdir(left, { recursive: true });
    mountFileSystem('tmpfs', 'heddle', left, 0, '');
    await runSelfTest(driver, join(directory, 'self-test'));
    expect(await readdir(directory)).not.toContain('self-test');
  });

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

  it.each([
    [
      'reads no file of the host',
      () =>
        `! cat ${join(directory, 'secret')} && ! cat /etc/shadow && ! ls /root/.ssh /home/agent/.. /var/lib 2>/dev/null | grep -v agent`,
    ],
    [
      'sees no process of the host and no argument of its own boundary',
      () => `[ $(ls -d /proc/[0-9]* | wc -l) -lt 8 ] && ! tr '\\0' ' ' < /proc/1/cmdline | grep -q "box/mer""ged"`,
    ],
    ['sees no environment of the platform', () => '! tr "\\0" "\\n" < /proc/1/environ | grep -v "^PWD=/$" | grep .'],
    [
      'writes no kernel setting',
      () =>
        '! echo x > /proc/sys/kernel/core_pattern && ! echo 1 > /proc/sys/kernel/panic && ! echo b > /proc/sysrq-trigger',
    ],
    ['finds no kernel setting writable', () => '[ -z "$(find /proc/sys -writable 2>/dev/null)" ]'],
    ['finds no directory of devices writable', () => '! touch /dev/x && ! mkdir /dev/d && echo fine > /dev/null'],
    [
      'mounts nothing',
      () => '! mount -t tmpfs x /mnt && ! mount -o remount,rw /usr && ! unshare -U true && ! unshare -Urm true',
    ],
    ['makes no device and no whiteout', () => '! mknod x b 8 0 && ! mknod y c 1 1 && ! mknod z c 0 0'],
    [
      'has no capability and gets none from a setuid program',
      () =>
        'grep -q "^CapEff:.0*$" /proc/self/status && grep -q "^CapBnd:.0*$" /proc/self/status && grep -q "^NoNewPrivs:.1$" /proc/self/status',
    ],
    [
      'has no network',
      () =>
        `! timeout 2 bash -c 'echo > /dev/tcp/1.1.1.1/53' && ! timeout 2 bash -c 'echo > /dev/tcp/169.254.169.254/80' && [ $(tail -n +3 /proc/net/dev | wc -l) -le 1 ]`,
    ],
    [
      'writes nowhere but where it may',
      () => '! touch /usr/x && ! touch /x && ! touch /etc/x && ! touch /run/heddle/x && ! touch /opt/heddle/node/bin/x',
    ],
    ['signals nobody outside', () => `! kill -9 ${String(process.pid)} && ! kill -0 ${String(process.ppid)}`],
    ['holds no descriptor of the platform', () => '[ "$(ls /proc/self/fd | wc -l)" = 4 ]'],
    ['can reopen its output by name', () => 'echo fine > /dev/stderr && echo fine > /dev/stdout'],
    ['cannot fill the shared memory of the host', () => '! head -c 100000000 /dev/zero > /dev/shm/x'],
  ])('%s', async (_, script) => {
    const run = await inside(script());
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
    expect(run.stdout.split('\n')[1]?.split(',')).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev']));
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
        stdin: 'closed',
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
      const run = { id: 'p', command, environment: {}, spool, outputCapBytes: cap, stdin: 'closed' } as const;
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

  it('takes no process of the host for one whose start was not recorded', async () => {
    const paths = boxPaths(join(directory, 'unrecorded'));
    const box = { name: `unrecorded-${String(process.pid)}`, paths, layers: [], uid: UID, limits: {} };
    await createBoxDirectories(paths, UID);
    await writeFile(join(paths.control, 'turn-1.status'), `{ "child-pid": ${String(process.pid)} }\n`);
    expect(await driver.recover(box, 'turn-1')).toBeUndefined();
  });

  it('refuses a directory that other users can’t reach, and names what is in the way', async () => {
    const closed = await mkdtemp(join(directory, 'closed-'));
    await expect(openDriver({ mode: '', directory: join(closed, 'runner') })).rejects.toThrow(closed);
  });

  it('without bubblewrap names the command that installs it', async () => {
    await expect(openDriver({ mode: '', directory, searchPath: ['/nonexistent'] })).rejects.toMatchObject({
      reason: 'SANDBOX_UNAVAILABLE',
      message: expect.stringMatching(/apt-get install bubblewrap.*HEDDLE_SANDBOX=unsafe-host/s),
    });
  });

  it('the unsafe driver runs without a boundary and says so', async () => {
    const unsafe = await openDriver({ mode: 'unsafe-host', directory });
    expect(unsafe.description).toMatchObject({ driver: 'UNSAFE_HOST', boundary: 'NONE' });
    expect(unsafe.description.missing).toEqual(
      expect.arrayContaining(['file system boundary', 'process boundary', 'network boundary']),
    );
    const run = await runInBox(
      unsafe,
      directory,
      base,
      UID,
      `cat ${join(directory, 'secret')}; cat file; (setsid sleep 1000 &); exit 4`,
    );
    expect(run).toMatchObject({ exitCode: 4, stdout: 'secretbase\n' });
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
