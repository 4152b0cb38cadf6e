import { findBinary, type FindContext, type ServerBinary } from './find-binary.js';
import { MINIMUM_VERSION, NATS_DOWNLOADS, NATS_MODULE } from './pins.js';
import { runCommand } from '../processes/run-command.js';

/** @throws {SetupError} SERVER_NOT_FOUND */
export function findNats(context: FindContext): Promise<ServerBinary> {
  return findBinary(
    {
      title: 'NATS',
      file: 'nats-server',
      addressSetting: 'HEDDLE_NATS_URL',
      minimum: MINIMUM_VERSION.nats,
      usualPlaces: ['/usr/sbin', '/usr/local/bin', '/usr/local/sbin'],
      downloads: NATS_DOWNLOADS,
      module: NATS_MODULE,
      async versionOf(path) {
        const said = await runCommand(path, ['--version'], { timeoutMs: 10_000 });
        return /v?(\d+\.\d+\.\d+)/.exec(said.stdout)?.[1];
      },
    },
    context,
  );
}
