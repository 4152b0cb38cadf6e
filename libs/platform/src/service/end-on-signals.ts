import type { Logger } from '../logging/create-logger.js';

const LIMIT_MS = 25_000;

/** Ends the process in order at the first SIGTERM or SIGINT, at once at the second, and at once for what nobody caught. */
export function endOnSignals(logger: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('the stop took too long; ending at once');
      process.exit(1);
    }, LIMIT_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // After an error that nobody expected, the state in memory is worth nothing; what matters is in stores. The launcher starts anew.
  const onFatal = (error: unknown): void => {
    logger.fatal({ err: error }, 'an error that nobody caught; the process ends');
    process.exit(1);
  };
  process.on('uncaughtException', onFatal);
  process.on('unhandledRejection', onFatal);
}
