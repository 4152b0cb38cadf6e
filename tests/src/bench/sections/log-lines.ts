import { shellTask, type BenchPlatform } from '../bench-platform.js';
import { timed } from '../measure.js';
import type { Row } from '../report.js';

const LINES = 100_000;
const READERS = 10;

/** One agent prints, ten readers follow over SSE to the end; each must see every line once. */
export async function logLines(platform: BenchPlatform): Promise<Row[]> {
  const repositoryId = await platform.smallRepository();
  const counts: number[] = [];
  const took = await timed(async () => {
    const batch = await platform.launch(repositoryId, [
      shellTask(`seq ${String(LINES)} | sed 's/$/ ${'x'.repeat(80)}/'`),
    ]);
    const attemptId = batch.tasks[0]?.attempts[0]?.id ?? '';
    const reader = async (): Promise<void> => {
      let count = 0;
      for await (const line of platform.client.logs.follow(
        { kind: 'attempts', id: attemptId },
        { streams: ['STDOUT'] },
      )) {
        if (line.text !== '') count += 1;
      }
      counts.push(count);
    };
    await Promise.all(Array.from({ length: READERS }, reader));
  });
  const whole = counts.length === READERS && counts.every((count) => count === LINES);
  const perSecond = LINES / (took / 1_000);
  return [
    {
      what: `${String(LINES)} lines to ${String(READERS)} readers, from create to the last line`,
      heddle: `${Math.round(perSecond).toLocaleString('en')} lines/s printed, ${Math.round(perSecond * READERS).toLocaleString('en')} delivered`,
      goal: { text: 'every line once to each', met: whole },
    },
  ];
}
