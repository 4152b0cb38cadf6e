import { cpus } from 'node:os';
import { BenchPlatform } from './bench-platform.js';
import { makeLargeRepository } from '../support/git/large-repository.js';
import { table, type Row, type Section } from './report.js';
import { firstInstruction } from './sections/first-instruction.js';
import { logLines } from './sections/log-lines.js';
import { memory } from './sections/memory.js';
import { overlap } from './sections/overlap.js';
import { sandboxStart } from './sections/sandbox-start.js';
import { throughput } from './sections/throughput.js';
import { wholeJob } from './sections/whole-job.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const sections: Section[] = [];

async function section(title: string, work: () => Promise<Row[]>): Promise<void> {
  say(`… ${title}`);
  sections.push({ title, rows: await work() });
}

await section('One more sandbox', async () => [...(await sandboxStart(200)), ...(await sandboxStart(5_000))]);
await section('Overlap', overlap);
const platform = await BenchPlatform.start(say);
try {
  await section('Memory, idle', () => memory(platform));
  const small = await makeLargeRepository(platform.workDirectory, 200);
  const repositoryId = await platform.register('small', small.path);
  await section('Latency', () => firstInstruction(platform, repositoryId));
  await section('Throughput', () => throughput(platform, repositoryId));
  await section('Logs', () => logLines(platform, repositoryId));
  await section('The whole job', async () => [
    ...(await wholeJob(platform, 24, 5_000, 1)),
    ...(await wholeJob(platform, 12, 30_000, 4)),
  ]);
} finally {
  await platform.stop();
}
say(
  `\n${String(cpus().length)} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
);
say(table(sections));
