import { join } from 'node:path';
import type { Batch, Landing } from '@heddle/sdk';
import { makeLargeRepository } from '../../support/git/large-repository.js';
import { shellTask, type BenchPlatform } from '../bench-platform.js';
import { timed } from '../measure.js';
import { ms, type Row } from '../report.js';
import { smallEdit } from '../small-task.js';

const CHANGES = 20;
const FILES = 2_000;
const CHECK_SECONDS = 2;
const GOAL_RATIO = 4;

/** Independent changes whose check takes its time: all at once by the queue, against the next only after the one before. */
export async function landing(platform: BenchPlatform): Promise<Row[]> {
  const together = await approvedBatch(platform, 'together');
  const queue = await timed(async () => {
    const landings = await Promise.all(together.map((change) => enqueue(platform, change)));
    await Promise.all(landings.map((each) => landed(platform, each)));
  });
  const inTurn = await approvedBatch(platform, 'in-turn');
  const oneByOne = await timed(async () => {
    for (const change of inTurn) await landed(platform, await enqueue(platform, change));
  });
  return [
    {
      what: `landing of ${String(CHANGES)} independent changes with a check of ${String(CHECK_SECONDS)} s, against one by one`,
      heddle: ms(queue),
      alternative: ms(oneByOne),
      ratio: oneByOne / queue,
      goal: { text: `at least ${String(GOAL_RATIO)}× faster`, met: oneByOne / queue >= GOAL_RATIO },
    },
  ];
}

interface Approved {
  readonly changeId: string;
  readonly headCommit: string;
}

/** Of a repository of its own: a queue that has landed before begins with a wider window. */
async function approvedBatch(platform: BenchPlatform, name: string): Promise<Approved[]> {
  const { client } = platform;
  const { path } = await makeLargeRepository(join(platform.workDirectory, `landing-${name}`), FILES);
  const repositoryId = await platform.register(`landing-${name}`, path);
  const checks = [{ name: 'slow', command: ['sleep', String(CHECK_SECONDS)] }];
  const tasks = Array.from({ length: CHANGES }, (_, index) => shellTask(smallEdit(index), { checks }));
  const { id: batchId }: Batch = await platform.launch(repositoryId, tasks);
  await client.batches.wait(batchId);
  const approved: Approved[] = [];
  for await (const { id: changeId, headCommit } of client.changes.listAll({ batchId })) {
    await client.changes.createVerdict(changeId, { verdict: 'APPROVE', headCommit });
    approved.push({ changeId, headCommit });
  }
  if (approved.length !== CHANGES)
    throw new Error(`Only ${String(approved.length)} of ${String(CHANGES)} changes came`);
  return approved;
}

function enqueue({ client }: BenchPlatform, change: Approved): Promise<Landing> {
  return client.landings.create(change);
}

async function landed({ client }: BenchPlatform, { id }: Landing): Promise<void> {
  const settled = await client.landings.wait(id);
  if (settled.state !== 'LANDED') throw new Error(`A landing is ${settled.state}: ${JSON.stringify(settled)}`);
}
