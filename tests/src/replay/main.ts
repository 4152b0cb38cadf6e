// `npm run replay -- --repo PATH --base COMMIT [--tip REVISION] [--count N]`: ends with 1 where the platform and git differ.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPlatform } from '@heddle/local';
import { HeddleClient } from '@heddle/sdk';
import { commitOf, replay } from './replay.js';

const USAGE = 'usage: npm run replay -- --repo PATH --base COMMIT [--tip REVISION] [--count N]\n';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      repo: { type: 'string' },
      base: { type: 'string' },
      tip: { type: 'string', default: 'HEAD' },
      count: { type: 'string', default: '50' },
    },
  });
  const count = Number(values.count);
  if (values.repo === undefined || values.base === undefined || !Number.isInteger(count) || count < 2 || count > 200) {
    process.stderr.write(`${USAGE}--count is 2 to 200, as many tasks as a batch takes\n`);
    process.exitCode = 2;
    return;
  }
  await Promise.all([commitOf(values.repo, values.base), commitOf(values.repo, values.tip)]);
  // Open to the users that sandboxes and servers run as.
  const root = await mkdtemp(join(tmpdir(), 'heddle-replay-'));
  await chmod(root, 0o755);
  const directory = join(root, 'work');
  await mkdir(directory);
  const running = await startPlatform({ dataDir: join(root, 'data'), ports: { http: 0, grpc: 0 }, say });
  try {
    const client = new HeddleClient({ url: running.runJson.url, token: running.runJson.adminToken });
    const report = await replay({
      client,
      source: values.repo,
      base: values.base,
      tip: values.tip,
      count,
      directory,
      say,
    });
    for (const { source, why } of report.history.left) say(`left out: ${source.slice(0, 12)}, ${why}`);
    for (const difference of report.differences) say(`DIFFERS: ${difference}`);
    say(
      `${String(report.history.picks.length)} commits, ${String(report.pairs)} pairs (${String(report.conflicting)} conflict), ` +
        `${String(report.landed)} landed, ${String(report.differences.length)} differences`,
    );
    if (report.differences.length > 0) process.exitCode = 1;
  } finally {
    await running.stop();
    await rm(root, { recursive: true, force: true });
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
