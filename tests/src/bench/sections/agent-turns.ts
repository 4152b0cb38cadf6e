import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY_ROOT } from '@heddle/local';
import { median } from '../measure.js';
import { mib, ms, type Row } from '../report.js';

const RUNS = 10;
const ATTEMPTS = 8;
const GOAL_MS = 300;
const GOAL_SHARE = 0.1;
const PROGRAM = join(REPOSITORY_ROOT, 'services/sandbox-runner/dist/testing/time-turns.js');
const run = promisify(execFile);

interface Figures {
  readonly turns: number[];
  readonly byHand: number[];
  readonly read: number;
  readonly parsed: number;
  readonly memory: number;
}

/** What the platform adds to a real agent's turns: codex, with a model that answers at once. */
export async function agentTurns(): Promise<Row[]> {
  const { stdout } = await run(process.execPath, ['--expose-gc', PROGRAM, String(RUNS), String(ATTEMPTS)]);
  const figures = JSON.parse(stdout) as Figures;
  const hand = median(figures.byHand);
  const added = median(figures.turns.map((turn, index) => turn - (figures.byHand[index] ?? Number.NaN)));
  const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')} lines/s`;
  return [
    {
      what: `a turn of codex, and the same by hand in its sandbox (median of ${String(RUNS)})`,
      heddle: `${ms(median(figures.turns))}: ${ms(added)} more`,
      alternative: ms(hand),
      ratio: hand / median(figures.turns),
      goal: { text: `under 10 % or ${String(GOAL_MS)} ms more`, met: added < Math.max(GOAL_MS, hand * GOAL_SHARE) },
    },
    {
      what: 'its lines read to activities, and only parsed as JSON',
      heddle: perSecond(figures.read),
      alternative: perSecond(figures.parsed),
      ratio: figures.read / figures.parsed,
    },
    {
      what: `runner and supervisor for each of ${String(ATTEMPTS)} agents that run`,
      heddle: mib(figures.memory),
    },
  ];
}
