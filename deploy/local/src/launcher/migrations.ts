import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, runCommand } from '../processes/run-command.js';
import { SetupError } from '../servers/setup.error.js';
import { entryPoint, serviceEnvironment } from './service-spec.js';
import type { ServiceDefinition, Wiring } from './service-table.js';

/** Brings a service's schema up to date. @throws {SetupError} COMMAND_FAILED with what the migration said last */
export async function migrate(
  service: ServiceDefinition,
  wiring: Wiring,
  env: NodeJS.ProcessEnv,
  repositoryRoot: string,
  signal: AbortSignal,
): Promise<void> {
  if (service.migration === undefined) return;
  const result = await runCommand(process.execPath, [entryPoint(repositoryRoot, service.migration)], {
    cwd: repositoryRoot,
    env: serviceEnvironment(service, wiring, 0, env),
    signal,
  });
  const logs = join(wiring.dataDirectory, 'logs');
  mkdirSync(logs, { recursive: true });
  appendFileSync(join(logs, `${service.name}-migrate.log`), result.stdout + result.stderr);
  if (result.code === 0) return;
  throw new SetupError(
    'COMMAND_FAILED',
    `The migration of ${service.name}'s schema failed:\n${lastLines(result.stdout + result.stderr)}`,
  );
}
