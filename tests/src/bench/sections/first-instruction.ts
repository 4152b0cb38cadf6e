import type { LogLine } from '@heddle/sdk';
import { shellTask, type BenchPlatform } from '../bench-platform.js';
import { median } from '../measure.js';
import { ms, type Row } from '../report.js';

const IDLE_RUNS = 15;
const QUEUED = 50;
const GOAL_MS = 200;

/** The agent's first act is to say what time it is. */
const SAY_TIME = 'echo $EPOCHREALTIME';

/** From the moment that a create is sent to the agent's first instruction. */
export async function firstInstruction(platform: BenchPlatform): Promise<Row[]> {
  const repositoryId = await platform.smallRepository();
  const idle: number[] = [];
  for (let run = 0; run < IDLE_RUNS; run += 1) idle.push(await once(platform, repositoryId, 3));
  const backlog = await platform.launch(
    repositoryId,
    Array.from({ length: QUEUED }, () => shellTask('sleep 1')),
    5,
  );
  const urgent = await once(platform, repositoryId, 1);
  await platform.client.batches.wait(backlog.id);
  return [
    {
      what: `create → first instruction, idle (median of ${String(IDLE_RUNS)})`,
      heddle: ms(median(idle)),
      goal: { text: `under ${String(GOAL_MS)} ms`, met: median(idle) < GOAL_MS },
    },
    { what: `the same, priority 1, behind ${String(QUEUED)} tasks of 1 s`, heddle: ms(urgent) },
  ];
}

async function once(platform: BenchPlatform, repositoryId: string, priority: number): Promise<number> {
  const start = Date.now();
  const batch = await platform.launch(repositoryId, [shellTask(SAY_TIME)], priority);
  const attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
  let printed: LogLine | undefined;
  for await (const line of platform.client.logs.follow({ kind: 'attempts', id: attemptId }, { streams: ['STDOUT'] }))
    printed ??= line;
  await platform.client.batches.wait(batch.id);
  return Number(printed?.text) * 1_000 - start;
}
