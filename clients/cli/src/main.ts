import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { EXIT } from './exit-codes.js';
import { StreamSink } from './output/stream-sink.js';
import { runCli } from './run-cli.js';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.once('SIGTERM', () => interrupt.abort(new Error('interrupted')));

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
});
