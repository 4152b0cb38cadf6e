import { join } from 'node:path';
import type { LocalServer } from '../processes/process-spec.js';
import type { FindContext } from '../servers/find-binary.js';
import { findNats } from '../servers/find-nats.js';
import { findPostgres } from '../servers/find-postgres.js';
import { findTemporal } from '../servers/find-temporal.js';
import { natsServer } from '../servers/nats-server.js';
import { postgresDataVersion, postgresServer } from '../servers/postgres-server.js';
import { temporalServer } from '../servers/temporal-server.js';
import type { PortBook } from './port-book.js';
import type { Secrets } from './secrets.js';
import type { LauncherSettings } from './settings.js';

export interface PlatformServers {
  /** Those that this host runs for itself. */
  readonly embedded: readonly LocalServer[];
  readonly databaseUrl: string;
  readonly natsUrl: string;
  /** undefined: what the URL says is enough. */
  readonly natsToken: string | undefined;
  readonly temporalAddress: string;
}

/** An address in the environment is used as it is; for each server without one, a program is found and prepared. */
export async function prepareServers(
  dataDirectory: string,
  settings: LauncherSettings,
  secrets: Secrets,
  ports: PortBook,
  context: FindContext,
): Promise<PlatformServers> {
  const { user, env, signal } = context;
  const postgresDirectory = join(dataDirectory, 'postgres');
  // One after the other: the choice of a port looks at those chosen before it.
  const postgresPort = await ports.choose('postgres');
  const natsPort = await ports.choose('nats');
  const temporalPort = await ports.choose('temporal');
  const [postgres, nats, temporal] = await Promise.all([
    settings.databaseUrl ??
      findPostgres(context, postgresDataVersion(postgresDirectory)).then((binaries) =>
        postgresServer({
          binaries,
          directory: postgresDirectory,
          port: postgresPort,
          password: secrets.postgresPassword,
          user,
          env,
          signal,
        }),
      ),
    settings.natsUrl ??
      findNats(context).then(({ path }) =>
        natsServer({
          program: path,
          directory: join(dataDirectory, 'nats'),
          port: natsPort,
          token: secrets.natsToken,
          user,
          env,
        }),
      ),
    settings.temporalAddress ??
      findTemporal(context).then(({ path }) =>
        temporalServer({
          program: path,
          directory: join(dataDirectory, 'temporal'),
          port: temporalPort,
          namespace: settings.temporalNamespace,
          user,
          env,
        }),
      ),
  ]);
  const embedded = [postgres, nats, temporal].filter((server) => typeof server !== 'string');
  return {
    embedded,
    databaseUrl: addressOf(postgres),
    natsUrl: typeof nats === 'string' ? nats : `nats://127.0.0.1:${natsPort}`,
    natsToken: typeof nats === 'string' ? env['HEDDLE_NATS_TOKEN'] : secrets.natsToken,
    temporalAddress: addressOf(temporal),
  };
}

function addressOf(server: LocalServer | string): string {
  return typeof server === 'string' ? server : server.address;
}
