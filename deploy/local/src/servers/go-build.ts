import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PinnedModule } from './pins.js';
import type { Say } from './progress.js';
import { lastLines, runCommand } from '../processes/run-command.js';
import { SetupError } from './setup.error.js';
import { isAtLeast } from './version.js';

const SAY_EVERY_MS = 20_000;
/** From this version on, go fetches the newer toolchain that a module asks for by itself. */
const FIRST_SELF_UPDATING = '1.21';

/**
 * Builds a pinned module into `directory`. Settings of the user's Go (GOPROXY, GOFLAGS, …) are respected; where it has
 * no usable home for modules and builds, they go below `directory` meanwhile.
 * @throws {SetupError} GO_UNUSABLE when there is no fitting Go; COMMAND_FAILED when the build fails
 */
export async function goBuild(
  pin: PinnedModule,
  directory: string,
  env: NodeJS.ProcessEnv,
  say: Say,
  signal?: AbortSignal,
): Promise<void> {
  await assertGo(pin, env);
  const own = await ownGoHome(directory, env);
  const goEnv: NodeJS.ProcessEnv = { CGO_ENABLED: '0', ...env, ...own, GOBIN: directory };
  say(`building ${pin.module} with Go: minutes the first time, then it is in the cache`);
  const started = performance.now();
  const ticker = setInterval(() => {
    say(`  … still building ${pin.module} (${Math.round((performance.now() - started) / 1000)} s)`);
  }, SAY_EVERY_MS);
  try {
    const build = spawn('go', ['install', '-trimpath', '-ldflags=-s -w', pin.module], {
      env: goEnv,
      ...(signal ? { signal, killSignal: 'SIGINT' as const } : {}),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    build.stderr.setEncoding('utf8').on('data', (text: string) => (said = lastLines(said + text, 40)));
    const [code] = (await once(build, 'close')) as [number | null];
    if (code !== 0) throw new SetupError('COMMAND_FAILED', `go install ${pin.module} failed:\n${lastLines(said)}`);
  } finally {
    clearInterval(ticker);
    // Gigabytes of modules that nobody will ask for again: what was built is kept.
    if (own.GOPATH !== undefined) await rm(own.GOPATH, { recursive: true, force: true });
  }
}

async function assertGo(pin: PinnedModule, env: NodeJS.ProcessEnv): Promise<void> {
  const asked = await runCommand('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], {
    env: { GOCACHE: '/nonexistent', ...env },
  });
  const [version = '', toolchain = ''] = asked.stdout.trim().split('\n');
  const found = version.replace(/^go/, '');
  const wanted = `Go ${pin.goVersion} or newer (from ${FIRST_SELF_UPDATING} on it fetches what it lacks by itself)`;
  if (asked.code !== 0 || found === '') {
    throw new SetupError('GO_UNUSABLE', `there is no usable go on PATH; building ${pin.module} needs ${wanted}`);
  }
  if (isAtLeast(found, pin.goVersion)) return;
  if (isAtLeast(found, FIRST_SELF_UPDATING) && toolchain !== 'local') return;
  throw new SetupError('GO_UNUSABLE', `go is ${found}; building ${pin.module} needs ${wanted}`);
}

interface GoHome extends NodeJS.ProcessEnv {
  GOPATH?: string;
  GOCACHE?: string;
  GOFLAGS?: string;
}

/** Empty when the user's own Go has places that it can write to; else places in `directory`, which are then dropped. */
async function ownGoHome(directory: string, env: NodeJS.ProcessEnv): Promise<GoHome> {
  const asked = await runCommand('go', ['env', 'GOMODCACHE', 'GOCACHE'], { env });
  const places = asked.stdout.trim().split('\n');
  if (asked.code === 0 && places.length === 2 && places.every((place) => place.startsWith('/'))) return {};
  const home = join(directory, '.go');
  // Go writes modules read-only unless told: then only root could remove them.
  return { GOPATH: home, GOCACHE: join(home, 'build'), GOFLAGS: `${env['GOFLAGS'] ?? ''} -modcacherw`.trim() };
}
