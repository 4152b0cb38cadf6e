import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loopsBelow, mountsBelow, spoolWritersBelow } from '@heddle/sandbox';
import { RunnerHarness } from '../runner-harness.js';
import { seeded } from './random.js';

const run = promisify(execFile);
const WORKER = fileURLToPath(new URL('../../../dist/testing/chaos/worker.js', import.meta.url));
const PREPARE =
  'mkdir src docs; for i in $(seq 200); do echo $i > src/f$i; done; echo d > docs/d; echo "*.log" > .gitignore';

export interface ChaosOptions {
  readonly directory: string;
  readonly count: number;
  readonly seed: number;
  readonly atOnce: number;
  readonly say?: (line: string) => void;
}

export interface ChaosReport {
  readonly sandboxes: number;
  readonly runnersKilled: number;
  readonly supervisorsKilled: number;
  /** Phases that failed though nothing was killed under them, and runners that ended by themselves, in words. */
  readonly failures: readonly string[];
  /** What the janitor had to remove in the end. */
  readonly swept: readonly string[];
  /** What is on the host after that, in words. Nothing, if all is well. */
  readonly left: readonly string[];
  readonly basesUnchanged: boolean;
}

/**
 * Starts sandboxes, lets hostile agents loose in them, and kills runner and supervisor in between, both by SIGKILL.
 * Which is killed after how many sandboxes is the seed's; what is under way in that moment is chance.
 */
export async function sandboxChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { directory, count, seed, atOnce, say = () => undefined } = options;
  const random = seeded(seed);
  const harness = await RunnerHarness.start(directory, PREPARE);
  await harness.warmBase();
  const before = await checksums(harness);
  const waiting = new Set(Array.from({ length: count }, (_, index) => index));
  const killed = { runner: 0, supervisor: 0 };
  const failures: string[] = [];
  const ended = async (worker: ChildProcess): Promise<void> => {
    const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null];
    if (code !== 0 && signal !== 'SIGKILL') failures.push(`a runner ended by itself: ${String(signal ?? code)}`);
  };
  while (waiting.size > 0) {
    let untilNext = 1 + Math.floor(random() * 2 * atOnce);
    const args = [WORKER, directory, harness.baseCommit, String(seed), String(atOnce), ...[...waiting].map(String)];
    const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const end = ended(worker);
    for await (const line of createInterface({ input: worker.stdout })) {
      const [what, index = '', ...words] = line.split(' ');
      // One that was cut off is not tried again: what it left is the next runner's to see to.
      if (what === 'begun') waiting.delete(Number(index));
      if (what === 'failed') failures.push(`sandbox ${index}: ${words.join(' ')}`);
      if (what !== 'done' || --untilNext > 0) continue;
      untilNext = 1 + Math.floor(random() * 2 * atOnce);
      if (random() < 0.5) {
        killed.supervisor += 1;
        await harness.signalSupervisor('SIGKILL');
        harness.startSupervisor();
      } else {
        killed.runner += 1;
        worker.kill('SIGKILL');
      }
      say(
        `${String(count - waiting.size)} of ${String(count)} begun, ${String(killed.runner)} runners and ${String(killed.supervisor)} supervisors killed`,
      );
    }
    await end;
  }
  // The last one may have been killed, too: one more sees to what is left.
  const last = spawn(process.execPath, [WORKER, directory, harness.baseCommit, String(seed), '1'], {
    stdio: 'inherit',
  });
  await ended(last);
  const swept = (await harness.context.supervisor.call('sweep', {})).removed;
  const basesUnchanged = (await checksums(harness)) === before;
  const sandboxes = join(harness.runner, 'sandboxes');
  const left = [
    ...(await mountsBelow(harness.data)).map((path) => `mount ${path}`),
    ...(await loopsBelow(harness.data)).map(({ name }) => `loop device ${name}`),
    ...(await spoolWritersBelow(sandboxes)).map(({ process, spool }) => `process ${String(process.pid)} at ${spool}`),
    ...(await readdir(join(harness.runner, 'kept')).catch(() => [])).map((name) => `kept ${name}`),
    ...(await harness.stop()),
  ];
  return {
    sandboxes: count,
    runnersKilled: killed.runner,
    supervisorsKilled: killed.supervisor,
    failures,
    swept,
    left,
    basesUnchanged,
  };
}

/** Of names, modes, owners and contents of every base check-out. */
async function checksums(harness: RunnerHarness): Promise<string> {
  const script =
    'find . -printf "%p %m %U %y %l\\n" | LC_ALL=C sort | sha256sum; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum';
  const { stdout } = await run('/bin/bash', ['-ec', script], { cwd: join(harness.runner, 'bases') });
  return stdout;
}
