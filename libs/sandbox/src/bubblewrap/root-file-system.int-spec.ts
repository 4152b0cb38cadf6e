import { chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeRootDirectory, useTemporaryDirectories } from '@heddle/testing';
import { openDriver } from '../drivers/open-driver.js';
import type { SandboxDriver } from '../drivers/sandbox-driver.js';
import { runInBox, type BoxRun } from '../testing/run-in-box.js';

const isRoot = process.getuid?.() === 0;
const UID = 201_236;

/** A root file system with some programs, settings and ways out. */
async function makeImage(image: string): Promise<void> {
  await makeRootDirectory(image, ['sh', 'ls', 'cat', 'id']);
  await mkdir(join(image, 'etc', 'own'), { recursive: true });
  await writeFile(join(image, 'etc', 'own', 'setting'), 'of the image\n');
  await writeFile(join(image, 'etc', 'passwd'), 'root:x:0:0:image:/:/bin/sh\n');
  for (const place of ['proc', 'home/agent', 'opt/heddle/node', 'opt/tool', 'var/lib'])
    await mkdir(join(image, place), { recursive: true });
  await writeFile(join(image, 'home', 'agent', 'x'), '');
  await symlink('/etc/shadow', join(image, 'shadow'));
  await symlink('/', join(image, 'etc', 'host'));
}

(isRoot ? describe : describe.skip)('a root file system of its own', () => {
  let directory = '';
  let base = '';
  let image = '';
  let driver: SandboxDriver;

  beforeAll(async () => {
    directory = await temporary('root');
    base = join(directory, 'base');
    image = join(directory, 'images', 'small');
    await mkdir(base);
    await writeFile(join(base, 'file'), 'base\n');
    for (const path of [base, join(base, 'file')]) await chown(path, UID, UID);
    await makeImage(image);
    await mkdir(join(directory, 'elsewhere'));
    await symlink(join(directory, 'elsewhere'), join(directory, 'images', 'way-out'));
    driver = await openDriver({ mode: '', directory, rootDirectories: [join(directory, 'images')] });
  });

  afterAll(async () => {
    await driver.close();
  });

  const inside = (script: string): Promise<BoxRun> =>
    runInBox(driver, directory, base, UID, script, { root: { directory: image } });

  it.each([
    ['has its programs, and none of the host', 'ls /usr/bin; cat /bin/tar', 'cat\nid\nls\nsh\n'],
    ['has its settings, and the platform’s user', 'cat /etc/own/setting; id -un', 'of the image\nagent\n'],
    ['has the work tree and writes to it', 'cat file && echo new >new && cat new', 'base\nnew\n'],
    [
      'has the platform’s places',
      'ls /opt /home/agent /opt/heddle/node/bin/node',
      '/opt/heddle/node/bin/node\n\n/home/agent:\n\n/opt:\nheddle\ntool\n',
    ],
    [
      'can’t be written to',
      'echo x >/usr/bin/x; echo x >/etc/own/setting; echo x >/x; echo x >/opt/tool/x; echo end',
      'end\n',
    ],
    ['leads nowhere by its symlinks', 'cat /shadow; ls /etc/host/var', 'lib\ntmp\n'],
  ])('%s', async (_, script, output) => {
    expect((await inside(script)).stdout).toBe(output);
  });

  it.each([
    ['elsewhere', 'is not below a directory that the operator allows'],
    ['images/../elsewhere', 'is not below a directory that the operator allows'],
    ['images/way-out', 'is not below a directory that the operator allows'],
    ['images', 'is not below a directory that the operator allows'],
    ['images/missing', 'is not below a directory that the operator allows'],
  ])('is refused at %s', async (path, message) => {
    const root = { directory: join(directory, path) };
    await expect(runInBox(driver, directory, base, UID, 'true', { root })).rejects.toThrow(message);
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
