import { once } from 'node:events';
import { startPlatform } from '../launcher/platform.js';
import type { RunningPlatform } from '../launcher/running-platform.js';
import { runJsonFile } from '../launcher/run-json.js';
import { secretFile } from '../launcher/secrets.js';
import { SetupError } from '../servers/setup.error.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `npm start`: the platform in the foreground until Ctrl-C. @returns the exit code */
export async function start(): Promise<number> {
  const asked = new AbortController();
  // Further signals change nothing: the stop has deadlines.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!asked.signal.aborted) say(`${signal}: stopping`);
      asked.abort();
    });
  }
  // Whoever read what this says has gone, and nobody will press Ctrl-C: without this it would end on the spot, and
  // leave everything running.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => {
      asked.abort();
    });
  }
  let exitCode = 0;
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    exitCode = 1;
    asked.abort();
  });
  let platform: RunningPlatform;
  try {
    platform = await startPlatform({ say, signal: asked.signal });
  } catch (error) {
    if (!asked.signal.aborted) process.stderr.write(`${describe(error)}\n`);
    return 1;
  }
  greet(platform);
  if (!asked.signal.aborted) await once(asked.signal, 'abort');
  await platform.stop();
  say('stopped');
  return exitCode;
}

/** What a person can do something about comes without a stack. */
function describe(error: unknown): string {
  if (error instanceof SetupError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function greet(platform: RunningPlatform): void {
  const { url, grpcAddress } = platform.runJson;
  const token = process.env['HEDDLE_ADMIN_TOKEN']
    ? 'the one of HEDDLE_ADMIN_TOKEN'
    : secretFile(platform.dataDirectory, 'adminToken');
  say('');
  say(`Heddle is up:  ${url}  (gRPC ${grpcAddress})`);
  say(`  admin token  ${token}`);
  say(`  data, logs   ${platform.dataDirectory}`);
  say(`  for clients  ${runJsonFile(platform.dataDirectory)}`);
  say('Ctrl-C stops it.');
}
