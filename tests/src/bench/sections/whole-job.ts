import { join } from 'node:path';
import { makeLargeRepository } from '../../support/git/large-repository.js';
import { byHand } from '../by-hand.js';
import { shellTask, type BenchPlatform } from '../bench-platform.js';
import { timed } from '../measure.js';
import { ms, type Row } from '../report.js';
import { CHECK, smallEdit } from '../small-task.js';

/** From launch to the last landing, by Heddle and by hand, on the same repository. */
export async function wholeJob(
  platform: BenchPlatform,
  tasks: number,
  files: number,
  goalRatio: number,
): Promise<Row[]> {
  const repository = await makeLargeRepository(join(platform.workDirectory, `job-${String(files)}`), files);
  const hand = await timed(() => byHand(repository.path, join(platform.workDirectory, `hand-${String(files)}`), tasks));
  const repositoryId = await platform.register(`job-${String(files)}`, repository.path);
  // The first sandbox of a commit makes the base that all later ones share; by hand nothing is shared, so it counts.
  const heddle = await timed(() => byHeddle(platform, repositoryId, tasks));
  return [
    {
      what: `${String(tasks)} small tasks on ${files.toLocaleString('en')} files, launch to last landing, against by hand`,
      heddle: ms(heddle),
      alternative: ms(hand),
      ratio: hand / heddle,
      goal: {
        text: goalRatio === 1 ? 'no slower' : `at least ${String(goalRatio)}× faster`,
        met: hand / heddle >= goalRatio,
      },
    },
  ];
}

async function byHeddle(platform: BenchPlatform, repositoryId: string, tasks: number): Promise<void> {
  const { client } = platform;
  const checks = [{ name: 'check', command: CHECK }];
  const batch = await platform.launch(
    repositoryId,
    Array.from({ length: tasks }, (_, index) => shellTask(smallEdit(index), { checks })),
  );
  await client.batches.wait(batch.id);
  await client.overlaps.wait({ batchId: batch.id });
  const landings = [];
  for await (const change of client.changes.listAll({ batchId: batch.id })) {
    await client.changes.createVerdict(change.id, { verdict: 'APPROVE', headCommit: change.headCommit });
    landings.push(await client.landings.create({ changeId: change.id, headCommit: change.headCommit }));
  }
  const settled = await Promise.all(landings.map((landing) => client.landings.wait(landing.id)));
  const landed = settled.filter((landing) => landing.state === 'LANDED').length;
  if (landed !== tasks)
    throw new Error(
      `Only ${String(landed)} of ${String(tasks)} changes landed: ${JSON.stringify(settled.find((landing) => landing.state !== 'LANDED'))}`,
    );
}
