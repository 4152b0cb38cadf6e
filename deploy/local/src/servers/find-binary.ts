import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { closedAncestor } from './directories.js';
import { downloadPinned } from './download.js';
import { goBuild } from './go-build.js';
import type { PinnedDownload, PinnedModule } from './pins.js';
import { timed, type Say } from './progress.js';
import type { ServerUser } from './server-user.js';
import { SetupError } from './setup.error.js';
import { ToolCache } from './tool-cache.js';
import { isAtLeast } from './version.js';

/** Where servers are looked for, and who will run them. */
export interface FindContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cacheDirectory: string;
  readonly user: ServerUser | undefined;
  readonly say: Say;
  /** Gives up what takes long. */
  readonly signal?: AbortSignal | undefined;
}

export interface ServerBinary {
  /** Absolute path of the program. */
  readonly path: string;
  /** Said to people: where it comes from. */
  readonly source: string;
}

/** A server that is one static program: NATS, Temporal. */
export interface SingleBinaryServer {
  readonly title: string;
  readonly file: string;
  readonly addressSetting: string;
  readonly minimum: string;
  readonly usualPlaces: readonly string[];
  readonly downloads: Readonly<Record<string, PinnedDownload>>;
  readonly module: PinnedModule;
  /** The server's version that a program on this machine reports; undefined when it does not say one. */
  versionOf(path: string): Promise<string | undefined>;
}

/**
 * Cache, then PATH and the usual places, then the pinned download, then the pinned build.
 * @throws {SetupError} SERVER_NOT_FOUND, with every way out and why each way here failed
 */
export async function findBinary(server: SingleBinaryServer, context: FindContext): Promise<ServerBinary> {
  const cache = new ToolCache(context.cacheDirectory, context.say);
  const download = server.downloads[process.arch];
  const entry = (version: string): string => `${server.file}-${version}-${process.platform}-${process.arch}`;
  for (const version of [server.module.version, download?.version]) {
    const cached = version === undefined ? undefined : cache.find(entry(version), server.file);
    if (cached !== undefined) return { path: cached, source: `cache, ${version ?? ''}` };
  }
  const installed = await findInstalled(server, context, cache);
  if (installed !== undefined) return installed;

  const failures: string[] = [];
  if (download !== undefined) {
    try {
      const path = await timed(context.say, `${server.title} ${download.version} downloaded`, () =>
        cache.obtain(entry(download.version), server.file, (directory) => downloadPinned(download, directory)),
      );
      return { path, source: `download, ${download.version}` };
    } catch (error) {
      failures.push(noteFailure(error, context.say, `${server.title}: no download`));
    }
  }
  try {
    const path = await timed(context.say, `${server.title} ${server.module.version} built`, () =>
      cache.obtain(entry(server.module.version), server.file, (directory) =>
        goBuild(server.module, directory, context.env, context.say, context.signal),
      ),
    );
    return { path, source: `built, ${server.module.version}` };
  } catch (error) {
    failures.push(noteFailure(error, context.say, `${server.title}: no build`));
  }
  throw notFound(server, failures);
}

async function findInstalled(
  server: SingleBinaryServer,
  context: FindContext,
  cache: ToolCache,
): Promise<ServerBinary | undefined> {
  for (const candidate of programsNamed(server.file, context.env, server.usualPlaces)) {
    const version = await server.versionOf(candidate);
    if (version === undefined || !isAtLeast(version, server.minimum)) {
      context.say(
        `${server.title}: ${candidate} is ${version ?? 'of no known version'}, older than ${server.minimum}: passed over`,
      );
      continue;
    }
    const path = realpathSync(candidate);
    const closed = context.user && closedAncestor(dirname(path), context.user);
    if (closed === undefined) return { path, source: `${candidate}, ${version}` };
    context.say(
      `${server.title}: ${closed} is closed to ${context.user?.name ?? ''}: ${candidate} is copied into the cache`,
    );
    const { size, mtimeMs } = statSync(path);
    const copy = await cache.obtain(`${server.file}-copy-${size}-${Math.trunc(mtimeMs)}`, server.file, (directory) =>
      copyFile(path, join(directory, server.file)),
    );
    return { path: copy, source: `copy of ${candidate}, ${version}` };
  }
  return undefined;
}

/** Programs of that name, in the order of PATH and then of the usual places. */
export function programsNamed(file: string, env: NodeJS.ProcessEnv, usualPlaces: readonly string[]): string[] {
  const places = [...(env['PATH'] ?? '').split(delimiter).filter((place) => place !== ''), ...usualPlaces];
  const found = new Set<string>();
  for (const place of places) {
    const path = join(place, file);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) found.add(path);
    } catch {
      continue; // not here
    }
  }
  return [...found];
}

function noteFailure(error: unknown, say: Say, what: string): string {
  if (!(error instanceof SetupError)) throw error;
  say(`${what}: ${error.message}`);
  return error.message;
}

function notFound(server: SingleBinaryServer, failures: readonly string[]): SetupError {
  return new SetupError(
    'SERVER_NOT_FOUND',
    `No ${server.title} server can be had here (${failures.join('; ')}). Any one of these helps:`,
    [
      `set ${server.addressSetting} to the address of a running one`,
      `put ${server.file} ${server.minimum} or newer on PATH`,
      `let this machine reach ${Object.values(server.downloads)[0]?.url ?? "the project's downloads"}`,
      `install Go ${server.module.goVersion} or newer, with a module proxy that answers (GOPROXY)`,
    ],
  );
}
