import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { boxPaths, openDriver, type BoxSpec } from '@heddle/sandbox';
import { git } from '../../support/git/git.js';
import { makeLargeRepository } from '../../support/git/large-repository.js';
import { diskBytes, median, percentile, repeated } from '../measure.js';
import { mib, ms, type Row } from '../report.js';
import { LIMITS } from './sandbox-limits.js';

/** Of the sandbox; what it is compared with takes seconds each time. */
const RUNS = 100;
const ALTERNATIVE_RUNS = 3;
const GOAL_MS = 40;
const BASE_UID = 61_998;
const UID = 61_999;
const run = promisify(execFile);

/** One more private, writable checkout: Heddle's sandbox against what git offers, on the same repository. */
export async function sandboxStart(files: number): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'heddle-bench-sandbox-'));
  await chmod(root, 0o755);
  try {
    const repository = await makeLargeRepository(root, files);
    const sandbox = await measureSandbox(root, repository.path);
    const worktree = await measure(root, 'worktree', (path) =>
      git(repository.path, 'worktree', 'add', '--quiet', '--detach', path, 'main'),
    );
    const shared = await measure(root, 'shared', (path) =>
      git(root, 'clone', '--quiet', '--shared', repository.path, path),
    );
    const goal = { text: `under ${String(GOAL_MS)} ms`, met: sandbox.time < GOAL_MS };
    const name = `${files.toLocaleString('en')} files`;
    return [
      {
        what: `${name}: time (p99), against git worktree add`,
        heddle: `${ms(sandbox.time)} (${ms(sandbox.slowest)})`,
        alternative: ms(worktree.time),
        ratio: worktree.time / sandbox.time,
        goal,
      },
      {
        what: `${name}: time, against git clone --shared`,
        heddle: ms(sandbox.time),
        alternative: ms(shared.time),
        ratio: shared.time / sandbox.time,
      },
      {
        what: `${name}: disk, against git worktree add`,
        heddle: mib(sandbox.disk),
        alternative: mib(worktree.disk),
        ratio: worktree.disk / sandbox.disk,
      },
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Measured {
  /** Milliseconds: median, and the one that 1 of 100 is slower than. */
  readonly time: number;
  readonly slowest: number;
  /** Bytes. */
  readonly disk: number;
}

/** Else the first of what is measured competes with the disk, which is still taking what was made for it. */
async function settled(): Promise<void> {
  await run('sync');
}

async function measure(root: string, name: string, make: (path: string) => Promise<unknown>): Promise<Measured> {
  const directory = join(root, name);
  await mkdir(directory);
  await settled();
  const times = await repeated(ALTERNATIVE_RUNS, (index) => make(join(directory, String(index))));
  return {
    time: median(times),
    slowest: percentile(times, 99),
    disk: (await diskBytes(directory)) / ALTERNATIVE_RUNS,
  };
}

/** Mount, start of a first program in it, and its end: all that stands between a claim and the agent's first instruction. */
async function measureSandbox(root: string, repository: string): Promise<Measured> {
  const base = join(root, 'base');
  await git(root, 'clone', '--quiet', repository, base);
  await run('chown', ['-R', `${String(BASE_UID)}:${String(BASE_UID)}`, base]);
  await settled();
  const directory = join(root, 'boxes');
  const driver = await openDriver({ mode: '', directory });
  const disks: number[] = [];
  // The driver's processes outlive whoever started them, so nothing else keeps this one alive while it waits for them.
  const alive = setInterval(() => undefined, 1_000);
  try {
    const boxes = Array.from({ length: RUNS }, (_, index): BoxSpec => ({
      name: `b${String(index)}`,
      paths: boxPaths(join(directory, `b${String(index)}`)),
      layers: [{ path: base, removed: [], owner: BASE_UID }],
      uid: UID,
      insideUid: BASE_UID,
      limits: LIMITS,
    }));
    const times: number[] = [];
    for (const box of boxes) {
      const start = performance.now();
      await driver.create(box);
      const spool = { stdout: join(box.paths.root, 'stdout'), stderr: join(box.paths.root, 'stderr') };
      const process = await driver.spawn(
        box,
        { id: 'first', command: ['/bin/true'], environment: {}, spool, outputCapBytes: 1024 },
        () => Promise.resolve(),
      );
      times.push(performance.now() - start);
      await process.exited;
      await process.drained;
      await driver.kill(box, 5_000);
      disks.push(await diskBytes(box.paths.upper));
      await driver.destroy(box);
      await stat(box.paths.root);
    }
    return { time: median(times), slowest: percentile(times, 99), disk: median(disks) };
  } finally {
    clearInterval(alive);
    await driver.close();
  }
}
