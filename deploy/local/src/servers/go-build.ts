import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, readdir, rename, rm } from 'node:fs/promises';
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
export function goBuild(
  pin: PinnedModule,
  directory: string,
  env: NodeJS.ProcessEnv,
  say: Say,
  signal?: AbortSignal,
): Promise<void> {
  return withGo({ pin, directory, env, say }, (goEnv) =>
    runGo(['install', ...BUILD_FLAGS, pin.module], { env: { ...goEnv, GOBIN: directory }, signal }),
  );
}

/**
 * As `goBuild`, for a program whose module replaces others, which `go install` refuses: from a copy of its source. The
 * program is `directory`/`file`; beside it are the folders of the source that it needs when it runs.
 */
export function goBuildCopy(
  pin: PinnedModule,
  {
    directory,
    file,
    folders,
  }: { readonly directory: string; readonly file: string; readonly folders: readonly string[] },
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<void> {
  const source = join(directory, '.source');
  return withGo({ pin, directory, env, say }, async (goEnv) => {
    try {
      await cp(await downloaded(pin, goEnv, directory), source, { recursive: true });
      await makeWritable(source);
      await runGo(['build', ...BUILD_FLAGS, '-o', join(directory, file), '.'], { env: goEnv, cwd: source });
      for (const folder of folders) await rename(join(source, folder), join(directory, folder));
    } finally {
      await rm(source, { recursive: true, force: true });
    }
  });
}

const BUILD_FLAGS = ['-trimpath', '-ldflags=-s -w'] as const;

interface GoWork {
  readonly pin: PinnedModule;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
}

async function withGo(
  { pin, directory, env, say }: GoWork,
  work: (goEnv: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  await assertGo(pin, env);
  const own = await ownGoHome(directory, env);
  say(`building ${pin.module} with Go: minutes the first time, then it is in the cache`);
  const started = performance.now();
  const ticker = setInterval(() => {
    say(`  … still building ${pin.module} (${Math.round((performance.now() - started) / 1000)} s)`);
  }, SAY_EVERY_MS);
  try {
    await work({ CGO_ENABLED: '0', ...env, ...own });
  } finally {
    clearInterval(ticker);
    // Gigabytes of modules that nobody will ask for again: what was built is kept.
    if (own.GOPATH !== undefined) await rm(own.GOPATH, { recursive: true, force: true });
  }
}

async function runGo(
  args: readonly string[],
  { env, cwd, signal }: { env: NodeJS.ProcessEnv; cwd?: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const build = spawn('go', args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal ? { signal, killSignal: 'SIGINT' as const } : {}),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  build.stderr.setEncoding('utf8').on('data', (text: string) => (said = lastLines(said + text, 40)));
  const [code] = (await once(build, 'close')) as [number | null];
  if (code !== 0) throw new SetupError('COMMAND_FAILED', `go ${args.join(' ')} failed:\n${lastLines(said)}`);
}

/** Where Go has put the source of the module. */
async function downloaded(pin: PinnedModule, env: NodeJS.ProcessEnv, cwd: string): Promise<string> {
  const said = await runCommand('go', ['mod', 'download', '-json', pin.module], { env, cwd });
  const place = /"Dir":\s*"([^"]+)"/.exec(said.stdout)?.[1];
  if (said.code !== 0 || place === undefined)
    throw new SetupError(
      'COMMAND_FAILED',
      `go mod download ${pin.module} failed:\n${lastLines(said.stderr || said.stdout)}`,
    );
  return place;
}

/** Go keeps sources read-only, and so are copies of them: nobody but root could remove those. */
async function makeWritable(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
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
