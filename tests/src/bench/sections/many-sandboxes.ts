import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxPaths, openDriver, type BoxSpec, type SandboxDriver } from '@heddle/sandbox';
import { diskBytes } from '../measure.js';
import { mib, ms, type Row } from '../report.js';
import { LIMITS } from './sandbox-limits.js';

const GOAL_MS = 10_000;
const GOAL_BYTES = 2 * 1024 * 1024;
const FIRST_UID = 62_000;

/** So many sandboxes at once, each with a program that waits: how soon all live, and what an idle one costs. */
export async function manySandboxes(count: number): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'heddle-bench-many-'));
  await chmod(root, 0o755);
  const base = join(root, 'base');
  await mkdir(base);
  await writeFile(join(base, 'file'), 'base');
  const driver = await openDriver({ mode: '', directory: join(root, 'boxes') });
  const alive = setInterval(() => undefined, 1_000);
  const boxes = Array.from({ length: count }, (_, index): BoxSpec => ({
    name: `b${String(index)}`,
    paths: boxPaths(join(root, 'boxes', `b${String(index)}`)),
    layers: [{ path: base, removed: [] }],
    uid: FIRST_UID + index,
    limits: LIMITS,
  }));
  try {
    const before = await usedMemory();
    const start = performance.now();
    await Promise.all(boxes.map((box) => startOne(driver, box)));
    await Promise.all(boxes.map(untilReady));
    const time = performance.now() - start;
    const memory = ((await usedMemory()) - before) / count;
    const disk = (await diskBytes(join(root, 'boxes'))) / count;
    return [
      {
        what: `${String(count)} at once: until all have run their first instruction`,
        heddle: ms(time),
        goal: { text: `under ${ms(GOAL_MS)}`, met: time < GOAL_MS },
      },
      {
        what: `${String(count)} at once: memory of the host for each, with its waiting shell`,
        heddle: mib(memory),
        goal: { text: `under ${mib(GOAL_BYTES)}`, met: memory < GOAL_BYTES },
      },
      { what: `${String(count)} at once: disk for each`, heddle: mib(disk) },
    ];
  } finally {
    for (const box of boxes) {
      await driver.kill(box, 20_000);
      await driver.destroy(box);
    }
    await driver.close();
    clearInterval(alive);
    await rm(root, { recursive: true, force: true });
  }
}

async function startOne(driver: SandboxDriver, box: BoxSpec): Promise<void> {
  await driver.create(box);
  const spool = { stdout: join(box.paths.root, 'stdout'), stderr: join(box.paths.root, 'stderr') };
  const command = ['/bin/sh', '-c', 'echo ready; exec sleep 100000'];
  await driver.spawn(box, { id: 'idle', command, environment: {}, spool, outputCapBytes: 1024 }, () =>
    Promise.resolve(),
  );
}

async function untilReady(box: BoxSpec): Promise<void> {
  while ((await readFile(join(box.paths.root, 'stdout'), 'utf8').catch(() => '')) === '')
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Bytes of the host's memory that could not be had at once: neither free nor cache. */
async function usedMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return field('MemTotal') - field('MemAvailable');
}
