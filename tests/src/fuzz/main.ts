// `npm run fuzz -- capture [--count N] [--seed S]`: plays N seeds from S on, says which differ, and ends with 1 if any does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzCapture } from './capture/capture-fuzz.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      disk: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const [count, first] = [Number(values.count), Number(values.seed)];
  if (positionals.join(' ') !== 'capture' || !Number.isInteger(count) || !Number.isInteger(first)) {
    process.stderr.write('usage: npm run fuzz -- capture [--count N] [--seed S] [--disk] [--verbose]\n');
    process.exitCode = 2;
    return;
  }
  if (process.getuid?.() !== 0) {
    process.stderr.write('the capture is fuzzed on overlays that the runner mounts itself: that needs root\n');
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'heddle-fuzz-'));
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  let played = 0;
  try {
    const differences = await fuzzCapture({
      directory,
      seeds,
      disk: values.disk,
      report: (seed, { difference, story }) => {
        played += 1;
        if (values.verbose) say([`seed ${String(seed)}`, ...story].join('\n  '));
        if (difference !== undefined) say(`seed ${String(seed)} differs`);
        else if (played % 100 === 0) say(`${String(played)} of ${String(count)}`);
      },
    });
    for (const difference of differences) say(`\n${difference}`);
    const last = first + count - 1;
    say(`seeds ${String(first)} to ${String(last)}: ${String(count)} cases, ${String(differences.length)} differences`);
    if (differences.length > 0) process.exitCode = 1;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
