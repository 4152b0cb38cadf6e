import { startPlatform, type RunningPlatform } from '../launcher/platform.js';
import { runJsonFile } from '../launcher/run-json.js';
import { secretFile } from '../launcher/secrets.js';
import { SetupError } from '../servers/setup.error.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `npm start`: the platform in the foreground until Ctrl-C. @returns the exit code */
export async function start(): Promise<number> {
  const asked = stopSignal();
  let platform: RunningPlatform;
  try {
    // A signal while it still comes up is obeyed as soon as that is over: nothing is left half started.
    platform = await startPlatform({ say });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  greet(platform);
  const signal = await asked;
  say(`${signal}: stopping`);
  await platform.stop();
  say('stopped');
  return 0;
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

/** Resolves with the first signal that asks for an end; further ones change nothing, the stop has deadlines. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
}
