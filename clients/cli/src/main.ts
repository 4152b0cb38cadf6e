import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { EXIT } from './exit-codes.js';
import { StdinKeyboard } from './input/keyboard.js';
import { openPager } from './output/process-pager.js';
import { StreamSink } from './output/stream-sink.js';
import { runCli } from './run-cli.js';

/** Longer than any command needs to let go of its connections. */
const LETTING_GO_MS = 3_000;

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    interrupt.abort(new Error(`ended by ${name}`));
    setTimeout(() => process.exit(EXIT.interrupted), LETTING_GO_MS).unref();
  });
}

// Whoever reads the pipe has seen enough (`heddle logs … | head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.fault);
});

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

process.exitCode = await runCli({
  args: process.argv.slice(2),
  env: process.env,
  stdout: new StreamSink(process.stdout),
  stderr: new StreamSink(process.stderr),
  signal: interrupt.signal,
  version,
  now: () => new Date(),
  readStdin: () => text(process.stdin),
  keyboard: new StdinKeyboard(process.stdin, process.stdout),
  openPager: () => openPager(process.env, process.stdout),
});
