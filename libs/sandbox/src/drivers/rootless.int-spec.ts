import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, readdir, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { openDriver } from './open-driver.js';

const isRoot = process.getuid?.() === 0;
const USER = 54_321;
const PROGRAM = fileURLToPath(new URL('../../dist/testing/rootless-try.js', import.meta.url));

type Output = ChildProcess & { readonly stdin: NodeJS.WritableStream; readonly stdout: NodeJS.ReadableStream };

function asOrdinaryUser(...command: string[]): Output {
  const drop = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups'];
  return spawn('setpriv', [...drop, ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** What newuidmap does for a user who has a range: here root writes the map, so that the host's files stay as they are. */
async function withSubordinateIds(count: number, ...command: string[]): Promise<string> {
  const wait = ['/bin/sh', '-c', 'echo; read _; exec "$@"', 'sh'];
  const child = asOrdinaryUser('unshare', '--user', '--mount', ...wait, ...command);
  await once(child.stdout, 'readable');
  for (const map of ['uid_map', 'gid_map']) {
    const ranges = [`0 ${String(USER)} 1`, ...(count === 0 ? [] : [`1 3000000 ${String(count)}`])];
    await writeFile(`/proc/${String(child.pid)}/${map}`, `${ranges.join('\n')}\n`);
  }
  child.stdin.end('\n');
  return text(child.stdout);
}

(isRoot ? describe : describe.skip)('without root of the host', () => {
  const ownDirectory = async (): Promise<string> => {
    const own = await temporary('rootless');
    await chown(own, USER, USER);
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
    const output = await withSubordinateIds(65_536, process.execPath, PROGRAM, own, 'rootless');
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

  it('a user namespace without ids is refused, and root of the host is no root of one', async () => {
    const own = await ownDirectory();
    const script = `import('${new URL('../../dist/index.js', import.meta.url).href}').then(({ openDriver }) => openDriver({ mode: 'rootless', directory: '${own}' })).catch((error) => console.log(error.reason, error.message))`;
    const output = await withSubordinateIds(0, process.execPath, '--input-type=module', '-e', script);
    expect(output).toMatch(/SANDBOX_UNAVAILABLE .*subordinate ids.*\/etc\/subuid.*newuidmap/);
    await expect(openDriver({ mode: 'rootless', directory: own })).rejects.toThrow('needs root of a user namespace');
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
