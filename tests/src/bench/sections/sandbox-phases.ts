import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY_ROOT } from '@heddle/local';
import { median, percentile } from '../measure.js';
import { ms, type Row } from '../report.js';

const RUNS = 20;
const GOAL_CAPTURE_MS = 300;
const PROGRAM = join(REPOSITORY_ROOT, 'services/sandbox-runner/dist/testing/time-phases.js');
const run = promisify(execFile);

/** What a runner's own work on a sandbox takes: making it, its capture, and how long a checkpoint holds its agent up. */
export async function sandboxPhases(files: number): Promise<Row[]> {
  const { stdout } = await run(process.execPath, [PROGRAM, String(files), String(RUNS)]);
  const times = JSON.parse(stdout) as Record<'provision' | 'capture' | 'freeze', number[]>;
  const name = `${files.toLocaleString('en')} files`;
  const both = (values: readonly number[]): string => `${ms(median(values))} (${ms(percentile(values, 99))})`;
  return [
    { what: `${name}: provision, p50 (p99)`, heddle: both(times.provision) },
    {
      what: `${name}: capture of 10 changed files, p50 (p99)`,
      heddle: both(times.capture),
      goal: { text: `under ${String(GOAL_CAPTURE_MS)} ms`, met: median(times.capture) < GOAL_CAPTURE_MS },
    },
    { what: `${name}: an agent stands still in a checkpoint, p50 (p99)`, heddle: both(times.freeze) },
  ];
}
