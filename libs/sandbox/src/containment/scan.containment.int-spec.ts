import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTemporaryDirectories } from '@heddle/testing';
import { ScanContainment } from './scan.containment.js';

(process.getuid?.() === 0 ? describe : describe.skip)('members that are found by their pid namespace', () => {
  let control: string;
  let parent: ChildProcess;
  let init: number;
  let namespace: number;

  beforeAll(async () => {
    control = await temporary('scan');
    parent = spawn('unshare', ['--pid', '--fork', '--kill-child', 'sh', '-c', 'echo; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (parent.stdout !== null) await once(parent.stdout, 'readable');
    const pid = String(parent.pid);
    init = Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim());
    namespace = Number(/\d+/.exec(await readlink(`/proc/${String(init)}/ns/pid`))?.[0]);
  });
  afterAll(async () => {
    parent.kill('SIGKILL');
    await once(parent, 'close');
  });

  async function membersWhereInitIs(pid: number): Promise<number[]> {
    await writeFile(
      join(control, 'run.status'),
      `{ "child-pid": ${String(pid)}, "pid-namespace": ${String(namespace)} }`,
    );
    return new ScanContainment('box', control).members();
  }

  it('are all that live in it', async () => {
    expect(await membersWhereInitIs(init)).toEqual([init]);
  });

  it('are no processes of a neighbour that the kernel gave the number of an ended one', async () => {
    expect(await membersWhereInitIs(process.pid)).toEqual([]);
    expect(await membersWhereInitIs(2 ** 22 + 1)).toEqual([]);
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
