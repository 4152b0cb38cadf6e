import { cpus } from 'node:os';
import { BenchPlatform } from './bench-platform.js';
import { table, type Row, type Section } from './report.js';
import { agentTurns } from './sections/agent-turns.js';
import { diffPage } from './sections/diff-page.js';
import { firstInstruction } from './sections/first-instruction.js';
import { landing } from './sections/landing.js';
import { logLines } from './sections/log-lines.js';
import { memory } from './sections/memory.js';
import { overlap } from './sections/overlap.js';
import { overlapGraph } from './sections/overlap-graph.js';
import { manySandboxes } from './sections/many-sandboxes.js';
import { reconcilePlan } from './sections/reconcile-plan.js';
import { sandboxPhases } from './sections/sandbox-phases.js';
import { sandboxStart } from './sections/sandbox-start.js';
import { setupLayer } from './sections/setup-layer.js';
import { throughput } from './sections/throughput.js';
import { wholeJob } from './sections/whole-job.js';

type PlatformSections = Record<string, { title: string; run: (platform: BenchPlatform) => Promise<Row[]> }>;

/** First, and in this order: memory is that of a platform, and of this process as its launcher, which have not worked yet. */
const ON_PLATFORM: PlatformSections = {
  memory: { title: 'Memory, idle', run: memory },
  latency: { title: 'Latency', run: firstInstruction },
  throughput: { title: 'Throughput', run: throughput },
  logs: { title: 'Logs', run: logLines },
  landing: { title: 'Landing', run: landing },
};

const ALONE: Record<string, { title: string; run: () => Promise<Row[]> }> = {
  sandbox: {
    title: 'One more sandbox',
    run: async () => [
      ...(await sandboxStart(200)),
      ...(await sandboxStart(5_000)),
      ...(await sandboxStart(30_000)),
      ...(await sandboxStart(57_000)),
      ...(await manySandboxes(200)),
      ...(await sandboxPhases(30_000)),
      ...(await setupLayer()),
    ],
  },
  overlap: { title: 'Overlap', run: overlap },
  review: { title: 'Review', run: async () => [...(await overlapGraph()), ...(await reconcilePlan())] },
  diff: { title: 'A large diff', run: diffPage },
  agents: { title: 'Agents', run: agentTurns },
};

/** Last: the disk is busy for minutes after what it makes and removes. */
const LARGE: PlatformSections = {
  job: {
    title: 'The whole job',
    run: async (platform) => [
      ...(await wholeJob(platform, 24, 5_000, 1)),
      ...(await wholeJob(platform, 12, 30_000, 4)),
    ],
  },
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(asked: readonly string[]): Promise<void> {
  const names = [ON_PLATFORM, ALONE, LARGE].flatMap((group) => Object.keys(group));
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`no such section: ${unknown.join(', ')}; there are ${names.join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  const chosen = <T>(of: Record<string, T>): T[] =>
    Object.entries(of).flatMap(([name, section]) => (asked.length === 0 || asked.includes(name) ? [section] : []));
  const sections: Section[] = [];
  const measure = async (title: string, run: () => Promise<Row[]>): Promise<void> => {
    say(`… ${title}`);
    sections.push({ title, rows: await run() });
  };
  const measureOnPlatform = async (group: PlatformSections): Promise<void> => {
    const sectionsOfGroup = chosen(group);
    if (sectionsOfGroup.length === 0) return;
    const platform = await BenchPlatform.start(say);
    try {
      for (const { title, run } of sectionsOfGroup) await measure(title, () => run(platform));
    } finally {
      await platform.stop();
    }
  };
  await measureOnPlatform(ON_PLATFORM);
  for (const { title, run } of chosen(ALONE)) await measure(title, run);
  await measureOnPlatform(LARGE);
  const machine = `${String(cpus().length)} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}`;
  say(`\n${machine}, ${new Date().toISOString().slice(0, 10)}\n`);
  say(table(sections));
}

await main(process.argv.slice(2));
