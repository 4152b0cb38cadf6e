import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY_ROOT } from '@heddle/local';
import { median, percentile } from '../measure.js';
import { ms, type Row } from '../report.js';

const RUNS = 20;
const GOAL_MORE_MS = 50;
const PROGRAM = join(REPOSITORY_ROOT, 'services/sandbox-runner/dist/testing/time-layers.js');
const run = promisify(execFile);

/** A sandbox whose set-up's layer is there, against one without a set-up, and against installing the packages by hand. */
export async function setupLayer(): Promise<Row[]> {
  const { stdout } = await run(process.execPath, [PROGRAM, String(RUNS)]);
  const { none, hit, miss, byHand } = JSON.parse(stdout) as {
    none: number[];
    hit: number[];
    miss: number;
    byHand: number;
  };
  const [without, withLayer] = [median(none), median(hit)];
  return [
    {
      what: 'a set-up whose layer is there, p50 (p99), against npm ci with an empty cache',
      heddle: `${ms(withLayer)} (${ms(percentile(hit, 99))})`,
      alternative: ms(byHand),
      ratio: byHand / withLayer,
      goal: {
        text: `under ${ms(GOAL_MORE_MS)} more than none (${ms(without)})`,
        met: withLayer - without < GOAL_MORE_MS,
      },
    },
    {
      what: 'the sandbox that makes the layer, against the same',
      heddle: ms(miss),
      alternative: ms(byHand),
      ratio: byHand / miss,
    },
  ];
}
