import { shellTask, type BenchPlatform } from '../bench-platform.js';
import { timed } from '../measure.js';
import type { Row } from '../report.js';

const TASKS = 200;
const GOAL_PER_SECOND = 8;

/** Tasks that do nothing: what is left is the platform. */
export async function throughput(platform: BenchPlatform): Promise<Row[]> {
  const repositoryId = await platform.smallRepository();
  const took = await timed(async () => {
    const batch = await platform.launch(
      repositoryId,
      Array.from({ length: TASKS }, () => shellTask('true')),
    );
    await platform.client.batches.wait(batch.id);
  });
  const perSecond = TASKS / (took / 1_000);
  return [
    {
      what: `${String(TASKS)} no-op tasks at once`,
      heddle: `${perSecond.toFixed(1)} tasks/s`,
      goal: { text: `at least ${String(GOAL_PER_SECOND)} tasks/s`, met: perSecond >= GOAL_PER_SECOND },
    },
  ];
}
