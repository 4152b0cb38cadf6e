import { findBinary, type FindContext, type ServerBinary } from './find-binary.js';
import { MINIMUM_VERSION, TEMPORAL_DOWNLOADS, TEMPORAL_MODULE } from './pins.js';
import { runCommand } from '../processes/run-command.js';

/** @throws {SetupError} SERVER_NOT_FOUND */
export function findTemporal(context: FindContext): Promise<ServerBinary> {
  return findBinary(
    {
      title: 'Temporal',
      file: 'temporal',
      addressSetting: 'HEDDLE_TEMPORAL_ADDRESS',
      minimum: MINIMUM_VERSION.temporal,
      usualPlaces: ['/usr/bin', '/usr/local/bin', '/opt/temporal/bin'],
      downloads: TEMPORAL_DOWNLOADS,
      module: TEMPORAL_MODULE,
      // A CLI built from its module calls itself 0.0.0-DEV; what counts is the server inside.
      async versionOf(path) {
        const said = await runCommand(path, ['--version'], { timeoutMs: 10_000 });
        return /Server (\d+\.\d+\.\d+)/.exec(said.stdout)?.[1];
      },
    },
    context,
  );
}
