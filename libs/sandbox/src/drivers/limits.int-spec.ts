import { execFileSync } from 'node:child_process';
import { chown, mkdir, open, readdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { mountFileSystem, unmountFileSystem } from '../native/libc.js';
import { boxPaths } from '../workspace/box-paths.js';
import { mountsBelow } from '../workspace/mount-table.js';
import { removeTree } from '../workspace/remove-tree.js';
import { BUBBLEWRAP, CONTAINERS, suiteOf } from '../testing/drivers-under-test.js';
import type { BoxLimits, BoxSpec, BoxUsage, ProcessEnding, SandboxDriver } from './sandbox-driver.js';

const temporary = useTemporaryDirectories();
const UID = 201_235;
const MIB = 1024 * 1024;
const DISK = { diskBytes: 64 * MIB, diskInodes: 2_000 };
/** A shell would wait, and try again, at every refusal. */
const FORK_BOMB = `exec python3 -c '
import os, time
for i in range(200):
  try:
    if os.fork() == 0: time.sleep(1000)
  except OSError: pass
'`;
interface Ending extends ProcessEnding {
  readonly stdout: string;
  readonly usage: BoxUsage;
}

function loops(): string {
  return execFileSync('/usr/sbin/losetup', ['--all', '--noheadings', '--output', 'BACK-FILE'], { encoding: 'utf8' });
}

describe.each([BUBBLEWRAP, CONTAINERS])('$name', (subject) => {
  suiteOf(subject, 'limits of a box', () => {
    let directory = '';
    let base = '';
    let driver: SandboxDriver;

    let count = 0;

    function newBox(limits: BoxLimits): BoxSpec {
      const name = `limits-${String(process.pid)}-${String(++count)}`;
      return { name, paths: boxPaths(join(directory, name)), layers: [{ path: base, removed: [] }], uid: UID, limits };
    }

    async function run(box: BoxSpec, script: string, id = 'run', by = driver): Promise<Ending> {
      await by.create(box);
      const spool = { stdout: join(directory, `${box.name}.out`), stderr: join(directory, `${box.name}.err`) };
      const command = ['/bin/bash', '-c', script];
      const child = await by.spawn(box, { id, command, environment: {}, spool, outputCapBytes: 1 << 20 }, () =>
        Promise.resolve(),
      );
      await child.exited;
      await by.kill(box, 10_000);
      await child.drained;
      const stdout = await readFile(spool.stdout, 'utf8');
      return { ...(await by.ending(box, id)), stdout, usage: await by.usage(box) };
    }

    async function inBox(limits: BoxLimits, script: string): Promise<Ending> {
      const box = newBox(limits);
      try {
        return await run(box, script);
      } finally {
        await driver.kill(box, 10_000);
        await driver.destroy(box);
        await removeTree(box.paths.root);
      }
    }

    beforeAll(async () => {
      directory = await temporary('limits');
      base = join(directory, 'base');
      await mkdir(base);
      await writeFile(join(base, 'file'), 'base\n');
      for (const path of [base, join(base, 'file')]) await chown(path, UID, UID);
      driver = await subject.open(directory);
    });

    afterAll(async () => {
      await driver.close();
      expect(await mountsBelow(directory)).toEqual([]);
      expect(loops()).not.toContain(directory);
    });

    it('are all there', () => {
      expect(
        driver.description.missing.filter(
          (what) => !/^(?:user namespace|read-only \/dev and \/run|network allow-list|terminals):/.test(what),
        ),
      ).toEqual([]);
    });

    describe('memory', () => {
      const limits = { memoryBytes: 48 * MIB, processes: 100 };

      it.each([
        ['of a process', `python3 -c 'x = bytearray(400 << 20)'`],
        ['through /dev/shm', 'head -c 60M /dev/zero > /dev/shm/x'],
        ['through /tmp', 'head -c 400M /dev/zero > /tmp/x'],
        [
          'through memory files',
          `python3 -c 'import os; f = os.memfd_create("x"); [os.write(f, bytes(1 << 20)) for _ in range(400)]'`,
        ],
      ])('%s ends what asks for more than there may be', async (_, script) => {
        const { exitCode, usage } = await inBox(limits, script);
        expect(exitCode).not.toBe(0);
        expect(usage.oomKills).toBeGreaterThan(0);
        expect(usage.peakMemoryBytes).toBeLessThanOrEqual(limits.memoryBytes);
      });
    });

    it('a fork bomb makes no more than its processes, and is counted', async () => {
      const ending = await inBox({ processes: 40 }, FORK_BOMB);
      expect(ending.usage.refusedProcesses).toBeGreaterThan(0);
      expect(ending.usage.peakProcesses).toBeLessThanOrEqual(40);
    });

    it('of processors hold however many want them', async () => {
      const hog = 'end=$((SECONDS + 3)); for i in 1 2 3; do while [ $SECONDS -lt $end ]; do :; done & done; wait';
      const started = performance.now();
      const { usage } = await inBox({ cpuMillis: 200, processes: 100 }, hog);
      const share = (usage.cpuMs ?? 0) / (performance.now() - started);
      expect(usage.cpuMs).toBeGreaterThan(0);
      expect(share).toBeLessThan(0.3);
    });

    it('open files of a process, and no core files', async () => {
      const { stdout } = await inBox({ openFiles: 77 }, 'ulimit -n; ulimit -Hn; ulimit -Hc');
      expect(stdout).toBe('77\n77\n0\n');
    });

    describe('disk', () => {
      it('takes as many bytes as were promised, and none from the host beyond them', async () => {
        const before = await statfs(directory);
        const box = newBox(DISK);
        try {
          const { stdout, exitCode, usage } = await run(
            box,
            'dd if=/dev/zero of=big bs=64k 2>/dev/null && exit 9; stat -c %s big; ! head -c 1M /dev/zero > "$HOME"/more',
          );
          expect(exitCode).toBe(0);
          expect(Number(stdout)).toBeGreaterThan(0.98 * DISK.diskBytes);
          expect(Number(stdout)).toBeLessThan(1.05 * DISK.diskBytes);
          expect(usage.disk).toMatchObject({ full: true });
          expect(await driver.isWhole(box)).toBe(true);
          const after = await statfs(directory);
          expect((before.bavail - after.bavail) * after.bsize).toBeLessThan(DISK.diskBytes + 512 * MIB);
        } finally {
          await driver.destroy(box);
          await removeTree(box.paths.root);
        }
      });

      it('takes as many files as were promised', async () => {
        const { stdout, usage } = await inBox(
          DISK,
          'i=0; while : > "$HOME/$i"; do i=$((i + 1)); done 2>/dev/null; echo $i',
        );
        expect(Number(stdout)).toBeGreaterThan(0.95 * DISK.diskInodes);
        expect(Number(stdout)).toBeLessThan(1.05 * DISK.diskInodes + 64);
        expect(usage.disk).toMatchObject({ full: true });
      });

      it('is an ordinary one to its box: renames, links, deletions and attributes are those of an overlay', async () => {
        const box = newBox(DISK);
        try {
          const { exitCode } = await run(
            box,
            'mkdir d && mv file d/ && ln d/file d/two && echo more >> d/file && mv d e',
          );
          expect(exitCode).toBe(0);
          expect((await readdir(box.paths.upper)).sort()).toEqual(['e', 'file']);
          expect(await readFile(join(box.paths.upper, 'e', 'two'), 'utf8')).toBe('base\nmore\n');
        } finally {
          await driver.destroy(box);
          await removeTree(box.paths.root);
        }
      });

      it('keeps what was written when it is unmounted, and gives its device back', async () => {
        const box = newBox(DISK);
        await run(box, 'echo kept > kept; echo at home > "$HOME"/kept');
        await driver.destroy(box);
        expect(await mountsBelow(box.paths.root)).toEqual([]);
        expect(loops()).not.toContain(box.paths.root);
        const { stdout } = await run(box, 'cat kept "$HOME"/kept', 'again');
        expect(stdout).toBe('kept\nat home\n');
        await driver.destroy(box);
        await removeTree(box.paths.root);
      });

      it('that the host could not keep is known not to be whole', async () => {
        const host = await temporary('full');
        mountFileSystem('tmpfs', 'heddle', host, 0, 'size=64m,mode=755');
        const small = await subject.open(host);
        const box = { ...newBox({ diskBytes: 512 * MIB, diskInodes: 1_000 }), paths: boxPaths(join(host, 'box')) };
        try {
          expect((await run(box, 'head -c 8M /dev/zero > fits', 'first', small)).exitCode).toBe(0);
          expect(await small.isWhole(box)).toBe(true);
          await run(box, 'head -c 200M /dev/zero > does-not', 'second', small);
          expect(await small.isWhole(box)).toBe(false);
        } finally {
          await small.kill(box, 10_000);
          await small.destroy(box);
          await small.close();
          await unmountFileSystem(host);
        }
      });

      it('is never mounted twice at once', async () => {
        const box = newBox(DISK);
        await driver.create(box);
        // Somebody stands in it: the unmount is put off.
        const handle = await open(box.paths.home, 'r');
        try {
          await driver.destroy(box);
          await expect(driver.create(box)).rejects.toMatchObject({ reason: 'SANDBOX_MOUNT_FAILED' });
        } finally {
          await handle.close();
        }
        await driver.create(box);
        await driver.destroy(box);
        await removeTree(box.paths.root);
      });

      it('that lost power in the middle is mended before it is mounted', async () => {
        const box = newBox(DISK);
        const image = `${box.paths.disk}.img`;
        await run(box, 'echo kept > kept');
        await driver.destroy(box);
        // Never unmounted, by its own mark, and with a count that is wrong.
        for (const command of ['set_super_value state 0', 'set_inode_field <11> links_count 9'])
          execFileSync('/usr/sbin/debugfs', ['-w', '-R', command, image], { stdio: 'ignore' });
        const { stdout } = await run(box, 'cat kept', 'again');
        expect(stdout).toBe('kept\n');
        await driver.destroy(box);
        execFileSync('/usr/sbin/e2fsck', ['-fn', image], { stdio: 'ignore' });
        await removeTree(box.paths.root);
      });
    });
  });
});
