import { ConfigError } from '../config/load-config.js';

/** Runs the whole of a process's start; what is thrown ends it with a clear line: 2 for wrong settings, 1 for all else. */
export function runMain(main: () => Promise<unknown>): void {
  main().catch((error: unknown) => {
    const text =
      error instanceof ConfigError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  });
}
