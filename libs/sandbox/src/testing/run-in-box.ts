import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxSpec, ProcessEnding, SandboxDriver } from '../drivers/sandbox-driver.js';
import type { BoxNetwork } from '../network/box-network.js';
import { boxPaths } from '../workspace/box-paths.js';

export interface BoxRun extends ProcessEnding {
  readonly stdout: string;
  readonly stderr: string;
  readonly upper: string;
}

let count = 0;

/** Runs one shell script in a fresh box over `base` and removes what is the host's of it. */
export async function runInBox(
  driver: SandboxDriver,
  directory: string,
  base: string,
  uid: number,
  script: string,
  more: Partial<Pick<BoxSpec, 'root' | 'image' | 'limits' | 'tools'>> = {},
  network?: BoxNetwork,
): Promise<BoxRun> {
  const name = `test-${String(process.pid)}-${String(++count)}`;
  const root = join(directory, name);
  await mkdir(root, { recursive: true });
  const box = {
    name,
    paths: boxPaths(join(root, 'box')),
    layers: [{ path: base, removed: [] }],
    uid,
    limits: { processes: 200 },
    ...more,
  };
  const spool = { stdout: join(root, 'out'), stderr: join(root, 'err') };
  await driver.create(box);
  try {
    const child = await driver.spawn(
      box,
      {
        id: 'run',
        command: [more.root === undefined ? '/bin/bash' : '/bin/sh', '-c', script],
        environment: { GIVEN: 'yes' },
        spool,
        outputCapBytes: 1 << 20,
      },
      () => Promise.resolve(),
      network,
    );
    await child.exited;
    await driver.kill(box, 10_000);
    await child.drained;
    const ending = await driver.ending(box, 'run');
    return {
      ...ending,
      stdout: await readFile(spool.stdout, 'utf8'),
      stderr: await readFile(spool.stderr, 'utf8'),
      upper: box.paths.upper,
    };
  } finally {
    await driver.kill(box, 10_000);
    await driver.destroy(box);
  }
}
