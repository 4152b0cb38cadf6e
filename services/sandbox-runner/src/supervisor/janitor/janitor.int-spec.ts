import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { groupName, loopsBelow, mountsBelow } from '@heddle/sandbox';
import { useTemporaryDirectories } from '@heddle/testing';
import { provision } from '../../runner/phases/provision.phase.js';
import { release } from '../../runner/phases/release.phase.js';
import { runTurn } from '../../runner/phases/run-turn.phase.js';
import { RunnerHarness } from '../../testing/runner-harness.js';

let harness: RunnerHarness;
let sandboxes: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  harness = await RunnerHarness.start(await temporary('janitor'), 'echo a > a');
  sandboxes = join(harness.runner, 'sandboxes');
  // After the one of the supervisor's start, which may still be looking and would find what a test lays out first.
  expect(await sweep()).toEqual([]);
});

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  expect(await harness.stop()).toEqual([]);
});

const temporary = useTemporaryDirectories();

async function sweep(): Promise<readonly string[]> {
  return (await harness.context.supervisor.call('sweep', {})).removed;
}

/** A box's group as an earlier supervisor may have left it, with a process in it. */
async function makeGroup(parent: string, name: string): Promise<{ path: string; child: ChildProcess }> {
  const [mount = ''] = execFileSync('/bin/findmnt', ['-n', '-o', 'TARGET', '-t', 'cgroup2'], {
    encoding: 'utf8',
  }).split('\n');
  const path = join(mount, parent, name);
  await mkdir(path, { recursive: true });
  const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
  started.push(child);
  await writeFile(join(path, 'cgroup.procs'), String(child.pid));
  return { path, child };
}

async function attachLoop(file: string): Promise<string> {
  await writeFile(file, Buffer.alloc(1 << 20));
  return execFileSync('/sbin/losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
}

describe('the janitor', () => {
  it('removes each kind of thing that no journal names, and nothing beside it', async () => {
    const elsewhere = await temporary('foreign');
    const ghost = join(sandboxes, 'attempt-ghost-1', 'agent', 'merged');
    const [foreignMount, beside] = [join(elsewhere, 'mount'), join(harness.runner, 'beside')];
    for (const path of [ghost, foreignMount, beside]) {
      await mkdir(path, { recursive: true });
      execFileSync('/bin/mount', ['-t', 'tmpfs', 'heddle', path]);
    }
    const image = join(sandboxes, 'attempt-ghost-1', 'agent', 'disk');
    const loop = await attachLoop(image);
    const foreignLoop = await attachLoop(join(elsewhere, 'disk'));
    await mkdir(join(sandboxes, 'attempt-ghost-1', 'spool'));
    const drainer = spawn('/bin/sh', ['-c', 'exec sleep 1000 > spool/out'], { cwd: join(ghost, '..', '..') });
    started.push(drainer);
    await harness.until(async () => (await readdir(join(sandboxes, 'attempt-ghost-1', 'spool'))).includes('out'));
    const [drained, group] = [once(drainer, 'exit'), await makeGroup(groupName(harness.runner), 'ghost.agent')];
    const evicted = once(group.child, 'exit');
    const foreign = await makeGroup('heddle-janitor-test-foreign', 'x');
    await mkdir(join(sandboxes, '.removing-attempt-old-1', 'agent'), { recursive: true });
    await symlink(elsewhere, join(sandboxes, '.removing-attempt-old-1', 'agent', 'link'));
    const removed = await sweep();
    for (const kind of ['box ghost.agent', 'mount ', 'loop device ', 'process ', 'directory '])
      expect(removed.filter((what) => what.startsWith(kind))).toHaveLength(1);
    expect(await mountsBelow(sandboxes)).toEqual([]);
    expect(await loopsBelow(sandboxes)).toEqual([]);
    await Promise.all([drained, evicted]);
    expect(await readdir(join(group.path, '..'))).not.toContain('ghost.agent');
    expect(await readdir(sandboxes)).toEqual(['attempt-ghost-1']);

    expect(await mountsBelow(elsewhere)).toEqual([foreignMount]);
    expect(await mountsBelow(harness.runner)).toEqual([beside]);
    expect((await loopsBelow(elsewhere)).map(({ name }) => `/dev/${name}`)).toEqual([foreignLoop]);
    expect(foreignLoop).not.toBe(loop);
    expect((await readFile(join(foreign.path, 'cgroup.procs'), 'utf8')).trim()).toBe(String(foreign.child.pid));

    const freed = once(foreign.child, 'exit');
    foreign.child.kill('SIGKILL');
    await freed;
    await harness.until(() =>
      rmdir(foreign.path).then(
        () => true,
        () => false,
      ),
    );
    await rmdir(join(foreign.path, '..'));
    for (const path of [foreignMount, beside]) execFileSync('/bin/umount', [path]);
    await rmdir(beside);
    execFileSync('/sbin/losetup', ['-d', foreignLoop]);
  });

  it('leaves a box’s own device alone that somebody else of the host still uses after its mount is gone', async () => {
    const { context, signal } = harness;
    const owner = harness.attempt('held', ['true']);
    await provision(context, owner, signal);
    await runTurn(context, owner, 1, signal);
    const elsewhere = spawn('/usr/bin/unshare', ['--mount', 'sh', '-c', 'echo there; exec sleep 1000']);
    started.push(elsewhere);
    await once(elsewhere.stdout, 'data');
    const [box = ''] = (await (await context.sandboxes.get(owner)).state()).boxes.keys();
    await context.supervisor.call('destroyBox', { sandbox: 'attempt-held-1', box });
    expect(await mountsBelow(sandboxes)).toEqual([]);
    expect(await loopsBelow(sandboxes)).toMatchObject([{ goesByItself: true }]);
    expect(await sweep()).toEqual([]);
    elsewhere.kill('SIGKILL');
    await harness.until(async () => (await loopsBelow(sandboxes)).length === 0);
    await release(context, owner);
    await harness.cleared();
  });

  it('removes a directory whose making never ended once it is old, and no sooner', async () => {
    const ghost = join(sandboxes, 'attempt-ghost-1');
    expect(await readdir(sandboxes)).toContain('attempt-ghost-1');
    expect(await sweep()).toEqual([]);
    execFileSync('/bin/touch', ['-d', '1 hour ago', ghost]);
    expect(await sweep()).toEqual([`directory ${ghost}`]);
    expect(await readdir(sandboxes)).toEqual([]);
  });

  it('spares what lives, and all of it while a journal cannot be read', async () => {
    const { context, signal } = harness;
    const owner = harness.attempt('alive', ['bash', '-c', 'echo up; while [ ! -e stop ]; do sleep 0.02; done']);
    await provision(context, owner, signal);
    const running = runTurn(context, owner, 1, signal);
    await harness.until(() => harness.publisher.texts('alive').includes('up'));
    expect(await sweep()).toEqual([]);
    const { path } = (await context.sandboxes.get(owner)).directory;
    await harness.signalSupervisor('SIGKILL');
    await rename(join(path, 'state'), join(path, 'state.kept'));
    await mkdir(join(path, 'state'));
    harness.startSupervisor();
    expect(await sweep()).toEqual([]);
    expect((await mountsBelow(sandboxes)).sort()).toEqual([join(path, 'agent', 'disk'), join(path, 'agent', 'merged')]);
    await rmdir(join(path, 'state'));
    await rename(join(path, 'state.kept'), join(path, 'state'));
    await writeFile(join(path, 'agent', 'merged', 'stop'), '');
    await running.catch(() => undefined);
    expect(await runTurn(context, owner, 1, signal)).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    await release(context, owner);
  });
});
