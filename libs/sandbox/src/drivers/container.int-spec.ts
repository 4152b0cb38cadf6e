import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Docker from 'dockerode';
import { makeRootDirectory, useTemporaryDirectories } from '@heddle/testing';
import { ContainerEngine } from '../container/container-engine.js';
import { containerOptions } from '../container/container-options.js';
import { StartGate } from '../container/start-gate.js';
import { isAlive, type ProcessIdentity } from '../process/process-identity.js';
import { runSelfTest } from '../self-test/self-test.js';
import { engineForTests } from '../testing/container-engine.js';
import { CONTAINERS, suiteOf } from '../testing/drivers-under-test.js';
import { runInBox, type BoxRun } from '../testing/run-in-box.js';
import { testBoxes } from '../testing/test-boxes.js';
import { boxPaths } from '../workspace/box-paths.js';
import { DriverChoice } from './driver-choice.js';
import { groupName, openDriver } from './open-driver.js';
import type { BoxSpec, ProcessSpec, SandboxDriver } from './sandbox-driver.js';

testBoxes(CONTAINERS);

const UID = 201_238;

suiteOf(CONTAINERS, 'what is an engine’s own', () => {
  const socket = engineForTests().socket ?? '';
  const docker = new Docker({ socketPath: socket });
  let directory = '';
  let base = '';
  let driver: SandboxDriver;
  let image = '';
  let count = 0;

  beforeAll(async () => {
    directory = await temporary('engine');
    base = join(directory, 'base');
    await mkdir(base);
    await writeFile(join(base, 'file'), 'base\n');
    for (const path of [base, join(base, 'file')]) await chown(path, UID, UID);
    image = await importImage(['ENV LEAKED=yes', 'ENTRYPOINT ["/usr/bin/false"]', 'VOLUME /data', 'USER root']);
    driver = await openDriver({ mode: 'container', directory, containers: { socket, images: [image] } });
  });
  afterAll(async () => {
    await driver.close();
    expect(await ours()).toEqual([]);
    await docker.getImage(image).remove({ force: true });
  });

  /** By its id. */
  async function importImage(changes: readonly string[]): Promise<string> {
    const root = join(directory, 'image');
    await makeRootDirectory(root, ['sh', 'bash', 'env', 'cat', 'id', 'touch', 'ls']);
    const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const repo = `localhost/heddle-test-${String(process.pid)}`;
    const progress = await docker.importImage(tar.stdout, { repo, changes: [...changes] });
    await new Promise((resolve) => progress.on('end', resolve).resume());
    return (await docker.getImage(`${repo}:latest`).inspect()).Id.replace(/^(?:sha256:)?/, 'sha256:');
  }

  async function ours(): Promise<string[]> {
    const label = [`heddle.runner=${groupName(directory)}`];
    return (await docker.listContainers({ all: true, filters: { label } })).map(({ Names: [name] }) => name ?? '');
  }

  function newBox(more: Partial<BoxSpec> = {}): BoxSpec {
    const name = `engine-${String(process.pid)}-${String(++count)}`;
    const paths = boxPaths(join(directory, name));
    return { name, paths, layers: [{ path: base, removed: [] }], uid: UID, limits: { processes: 100 }, ...more };
  }

  function script(box: BoxSpec, text: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
    const spool = { stdout: join(directory, `${box.name}.out`), stderr: join(directory, `${box.name}.err`) };
    const command = ['/bin/bash', '-c', text];
    return { id: 'run', command, environment: {}, spool, outputCapBytes: 1 << 20, ...more };
  }

  const noted = (): Promise<void> => Promise.resolve();

  async function started(box: BoxSpec, process: ProcessSpec): Promise<ProcessIdentity> {
    await driver.create(box);
    return (await driver.spawn(box, process, noted)).main;
  }

  async function end(box: BoxSpec): Promise<void> {
    await driver.kill(box, 20_000);
    await driver.destroy(box);
  }

  it('passes its self-test', async () => {
    await runSelfTest(driver, join(directory, 'self-test'));
  });

  it('says what it is, and what it lacks', () => {
    expect(driver.description).toMatchObject({ driver: 'CONTAINER', boundary: 'CONTAINER', fileSystem: 'OVERLAY' });
    expect(driver.description.missing).toEqual(expect.arrayContaining([expect.stringContaining('user namespace')]));
    expect(() => driver.descriptionFor({ driver: 'BUBBLEWRAP' })).toThrow(
      expect.objectContaining({ reason: 'DRIVER_NOT_AVAILABLE' }),
    );
  });

  it('keeps neither the command nor the environment of a process', async () => {
    const box = newBox();
    const word = `secret-${String(Math.random()).slice(2)}`;
    const odd = `'"$(id)\n\\ä ${word}`;
    const process = script(box, `[ "$ODD" = "$0" ] && echo same; sleep 1000 # ${word}`, { environment: { ODD: odd } });
    const main = await started(box, { ...process, command: [...process.command, odd] });
    const record = JSON.stringify(await docker.getContainer(`${groupName(directory)}.${box.name}.run`).inspect());
    expect(record).not.toContain(word);
    expect(record).toContain(box.name);
    await printed(process, 'same\n');
    expect(await isAlive(main)).toBe(true);
    await end(box);
  });

  it('finds a process again that runs, with its output, when its supervisor is gone', async () => {
    const box = newBox();
    const process = script(box, 'echo before; until [ -d go ]; do sleep 0.05; done; echo after; exit 5');
    const main = await started(box, process);
    await printed(process, 'before\n');
    const next = await openDriver({ mode: 'container', directory, containers: { socket, images: [] } });
    expect(await next.recover(box, 'run')).toEqual(main);
    await mkdir(join(box.paths.merged, 'go'));
    await printed(process, 'before\nafter\n');
    expect(await next.ending(box, 'run')).toEqual({ exitCode: 5, signal: undefined });
    await end(box);
  });

  it('that was never told what to run has not run, and is gone', async () => {
    const box = newBox();
    await driver.create(box);
    // Its supervisor dies between the start of the container and what comes after it.
    const gate = await StartGate.make(box.paths, 'run', UID);
    const options = containerOptions({
      box,
      process: script(box, 'true'),
      image: { id: image, volumes: [] },
      mounts: [],
      network: undefined,
      labels: { 'heddle.runner': groupName(directory), 'heddle.box': box.name },
      seccomp: 'unconfined',
      own: { openFiles: 1_024, processes: 1_024 },
      runtime: undefined,
    });
    const name = `${groupName(directory)}.${box.name}.run`;
    await new ContainerEngine(socket).run(name, options);
    expect(await driver.isEmpty(box)).toBe(false);
    expect(await driver.boxNames()).toContain(box.name);
    expect(await driver.recover(box, 'run')).toBeUndefined();
    expect(await ours()).toEqual([]);
    // Nor does it outlive a kill, outside of the box's group as it is.
    await new ContainerEngine(socket).run(name, options);
    await driver.kill(box, 20_000);
    expect(await driver.isEmpty(box)).toBe(true);
    await driver.evict(box.name);
    expect(await ours()).toEqual([]);
    gate.close();
    for (const { read, write } of Object.values(gate.pipes)) [read, write].forEach(closeSync);
    await driver.destroy(box);
  });

  it('ends with whatever signal it was ended by, and asks first', async () => {
    const box = newBox();
    const process = script(box, 'trap "echo asked; exit 7" TERM; echo ready; while :; do sleep 0.05; done');
    const main = await started(box, process);
    await printed(process, 'ready\n');
    await driver.terminate(box, 'run', main.pid);
    await printed(process, 'ready\nasked\n');
    expect(await driver.ending(box, 'run')).toMatchObject({ exitCode: 7 });
    const second = { ...process, id: 'second' };
    await driver.spawn(box, second, noted);
    await printed(second, 'ready\nasked\nready\n');
    await driver.kill(box, 20_000);
    expect(await driver.ending(box, 'second')).toEqual({ exitCode: 137, signal: 'SIGKILL' });
    expect(await ours()).toHaveLength(2);
    await driver.destroy(box);
    expect(await ours()).toEqual([]);
  });

  describe('an image', () => {
    const inImage = (text: string, name = image): Promise<BoxRun> =>
      runInBox(driver, directory, base, UID, text, { image: name });

    it('is the root file system, and nothing that it says of how it is to be run counts', async () => {
      const run = await inImage('cat file; id -u; echo "${LEAKED-unset}"; ls /usr/bin; touch /data/x /x');
      expect(run.stdout).toBe(`base\n${String(UID)}\nunset\nbash\ncat\nenv\nid\nls\nsh\ntouch\n`);
      expect(run.stderr).toContain('/x');
      expect(run.stderr).not.toContain('/data/x');
      expect((await docker.listVolumes()).Volumes).toEqual([]);
    });

    it.each([
      ['is not pinned', () => 'localhost/x:latest', 'sha256:'],
      ['is not allowed', () => `sha256:${'0'.repeat(64)}`, 'HEDDLE_CONTAINER_IMAGES'],
      [
        'is only above of what is allowed',
        () => `${image.slice(0, -1)}@sha256:${'0'.repeat(64)}`,
        'HEDDLE_CONTAINER_IMAGES',
      ],
    ])('that %s is refused, with the way out', async (_, name, wayOut) => {
      await expect(inImage('true', name())).rejects.toMatchObject({
        reason: 'ROOTFS_NOT_ALLOWED',
        message: expect.stringContaining(wayOut) as unknown,
      });
    });
  });

  it('that has no engine says so, and how one is named', async () => {
    const without = openDriver({ mode: 'container', directory });
    await expect(without).rejects.toThrow('HEDDLE_CONTAINER_HOST');
    const containers = { socket: join(directory, 'nobody.sock'), images: [] };
    const choice = await openDriver({ mode: '', directory, containers });
    if (!(choice instanceof DriverChoice)) throw new Error('no choice');
    await choice.prove((one) => runSelfTest(one, join(directory, 'self-test')));
    expect(choice.descriptionFor({}).driver).toBe('BUBBLEWRAP');
    expect(() => choice.descriptionFor({ driver: 'CONTAINER' })).toThrow(
      expect.objectContaining({
        reason: 'DRIVER_NOT_AVAILABLE',
        message: expect.stringMatching(/nobody\.sock \(HEDDLE_CONTAINER_HOST\)/) as unknown,
      }),
    );
    // What is no container's goes on.
    expect(await choice.boxNames()).toEqual([]);
    expect((await runInBox(choice, directory, base, UID, 'cat file')).stdout).toBe('base\n');
  });
});

/** Its whole output so far. */
async function printed({ spool }: ProcessSpec, text: string): Promise<void> {
  let now = '';
  while (now !== text) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    now = await readFile(spool.stdout, 'utf8');
    if (!text.startsWith(now)) throw new Error(`printed ${JSON.stringify(now)}`);
  }
}

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
