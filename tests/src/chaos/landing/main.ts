// `npm run chaos -- landing [--count N] [--seed S] [--at-once N]`: plays N seeds from S on, and ends with 1 where anything was lost,
// landed twice or landed red.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPlatform } from '@heddle/local';
import { RestDoor } from '../../support/doors/rest-door.js';
import { landingChaos, type LandingChaosReport } from './landing-chaos.js';

/** Each platform is new after so many: what a long life leaves behind is not what is looked for here. */
const SEEDS_OF_A_PLATFORM = 20;

const BREAKING = ['SIGINT', 'SIGTERM'] as const;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      'at-once': { type: 'string', default: '5' },
    },
  });
  const [count, first, atOnce] = [Number(values.count), Number(values.seed), Number(values['at-once'])];
  const areNumbers = [count, first, atOnce].every((value) => Number.isInteger(value) && value >= 0) && atOnce > 0;
  if (positionals.join(' ') !== 'landing' || !areNumbers) {
    process.stderr.write('usage: npm run chaos -- landing [--count N] [--seed S] [--at-once N]\n');
    process.exitCode = 2;
    return;
  }
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  const faults: string[] = [];
  const counts = new Map<string, number>();
  while (seeds.length > 0) {
    const report = await onPlatform(seeds.splice(0, SEEDS_OF_A_PLATFORM), atOnce);
    faults.push(...report.faults);
    for (const [word, number] of [...Object.entries(report.landings), ...Object.entries(report.kills)])
      counts.set(word, (counts.get(word) ?? 0) + number);
    say(`${String(count - seeds.length)} of ${String(count)}`);
  }
  for (const fault of faults) say(`FAULT: ${fault}`);
  say(JSON.stringify({ seeds: `${String(first)} to ${String(first + count - 1)}`, ...Object.fromEntries(counts) }));
  say(`${String(count)} seeds, ${String(faults.length)} faults`);
  if (faults.length > 0) process.exitCode = 1;
}

async function onPlatform(seeds: readonly number[], atOnce: number): Promise<LandingChaosReport> {
  // Open to the users that sandboxes and servers run as.
  const root = await mkdtemp(join(tmpdir(), 'heddle-chaos-'));
  await chmod(root, 0o755);
  const running = await startPlatform({ dataDir: join(root, 'data'), ports: { http: 0, grpc: 0 }, say });
  const end = async (): Promise<void> => {
    await running.stop();
    await rm(root, { recursive: true, force: true });
  };
  // Whoever breaks it off is left with no servers.
  const breakOff = (signal: NodeJS.Signals): void =>
    void end().finally(() => process.exit(128 + constants.signals[signal]));
  for (const signal of BREAKING) process.once(signal, breakOff);
  try {
    const door = new RestDoor(running.runJson.url, running.runJson.adminToken);
    return await landingChaos({ door, platform: running, directory: join(root, 'work'), seeds, atOnce, say });
  } finally {
    for (const signal of BREAKING) process.off(signal, breakOff);
    await end();
  }
}

await main();
