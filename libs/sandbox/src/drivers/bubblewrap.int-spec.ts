import { chown, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { controlGroupsWith } from '@heddle/testing/control-groups';
import { mountFileSystem } from '../native/libc.js';
import { runSelfTest } from '../self-test/self-test.js';
import { mountsBelow } from '../workspace/mount-table.js';
import { BUBBLEWRAP } from '../testing/drivers-under-test.js';
import { testBoxes } from '../testing/test-boxes.js';
import { runInBox } from '../testing/run-in-box.js';
import { boxPaths, createBoxDirectories } from '../workspace/box-paths.js';
import { groupName, openDriver } from './open-driver.js';
import type { SandboxDriver } from './sandbox-driver.js';

const isRoot = process.getuid?.() === 0;
const UID = 201_234;
let directory = '';
let base = '';
let driver: SandboxDriver;

testBoxes(BUBBLEWRAP);

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
    expect(controlGroupsWith(`/${groupName(directory)}`)).toEqual([]);
  });

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
