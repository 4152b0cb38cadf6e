import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogEntry } from '@temporalio/worker';
import type { Logger } from '../logging/create-logger.js';

let installed = false;

/** Once per process, before any worker: Temporal's lines go to `logger` from WARN up, and signals stay the service's business. */
export function installTemporalRuntime(logger: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', (entry) => forward(logger, entry)),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
}

function forward(logger: Logger, { level, message, meta }: LogEntry): void {
  if (level === 'ERROR') logger.error({ temporal: meta }, message);
  else logger.warn({ temporal: meta }, message);
}
