import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sandboxChaos } from './sandbox-chaos.js';

/** `npm run chaos -- sandbox [--count 500] [--seed S] [--at-once 6]`; exit code 0 if nothing is left and nothing changed. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'at-once': { type: 'string', default: '6' },
  },
});
if (positionals.join() !== 'sandbox') {
  process.stderr.write('usage: npm run chaos -- sandbox [--count N] [--seed S] [--at-once N]\n');
  process.exit(2);
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const directory = await mkdtemp(join(tmpdir(), 'heddle-chaos-'));
// Boxes run as other users and have to pass through it.
await chmod(directory, 0o711);
const start = performance.now();
say(`seed ${values.seed}, ${values.count} sandboxes`);
const report = await sandboxChaos({
  directory,
  count: Number(values.count),
  seed: Number(values.seed),
  atOnce: Number(values['at-once']),
  say,
});
say(JSON.stringify({ ...report, seconds: Math.round((performance.now() - start) / 1_000) }, undefined, 2));
const isGood = report.left.length === 0 && report.basesUnchanged;
if (isGood) await rm(directory, { recursive: true, force: true });
else say(`What is left is in ${directory}`);
process.exit(isGood ? 0 : 1);
