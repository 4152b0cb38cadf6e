import type { Batch } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import type { Output } from '../output/output.js';
import { shortId } from '../output/short-id.js';
import { clock } from '../output/time.js';
import { batchHeadline, batchTable } from '../views/batch-view.js';
import { statePaint } from '../views/state-paint.js';
import { LiveScreen } from './live-screen.js';
import { transitions } from './transitions.js';

export interface ProgressOptions {
  readonly out: Output;
  readonly now: () => Date;
}

/** As wide as the longest state, WAITING_FOR_USER. */
const STATE_WIDTH = 16;

/** How often the clock of the live table moves on although nothing happened. */
const TICK_MS = 1_000;

/**
 * Shows a batch as it goes: a live table on a terminal, one line per change of state in a pipe, one JSON document per line
 * with --json.
 * @returns the last snapshot; undefined if there was none
 */
export async function showProgress(
  snapshots: AsyncIterable<Batch>,
  options: ProgressOptions,
): Promise<Batch | undefined> {
  if (options.out.json) return records(snapshots, options);
  return options.out.isTerminal ? liveTable(snapshots, options) : plainLines(snapshots, options);
}

async function liveTable(snapshots: AsyncIterable<Batch>, { out, now }: ProgressOptions): Promise<Batch | undefined> {
  const screen = new LiveScreen(out.stdout);
  let last: Batch | undefined;
  const draw = (): void => {
    if (last === undefined) return;
    const view = { style: out.style, columns: out.columns, now: now() };
    screen.draw([batchHeadline(last, view), ...batchTable(last, [], view)]);
  };
  const ticker = setInterval(draw, TICK_MS);
  try {
    for await (const batch of snapshots) {
      last = batch;
      draw();
    }
  } finally {
    clearInterval(ticker);
  }
  return last;
}

async function plainLines(snapshots: AsyncIterable<Batch>, { out, now }: ProgressOptions): Promise<Batch | undefined> {
  let last: Batch | undefined;
  for await (const batch of snapshots) {
    const time = clock(now());
    for (const { task, attempt } of transitions(last, batch)) {
      const state = statePaint(out.style, attempt.state)(attempt.state.padEnd(STATE_WIDTH));
      const detail = attempt.statusDetail === '' ? '' : `  ${oneLine(attempt.statusDetail)}`;
      out.line(`${time}  ${shortId(attempt.id)}  ${state}  ${oneLine(task.title)}${detail}`);
    }
    if (last?.state !== batch.state) out.line(`${time}  batch ${shortId(batch.id)} ${batch.state}`);
    last = batch;
  }
  return last;
}

async function records(snapshots: AsyncIterable<Batch>, { out }: ProgressOptions): Promise<Batch | undefined> {
  let last: Batch | undefined;
  for await (const batch of snapshots) {
    for (const { attempt } of transitions(last, batch)) out.record({ attempt });
    last = batch;
  }
  if (last !== undefined) out.record({ batch: last });
  return last;
}
