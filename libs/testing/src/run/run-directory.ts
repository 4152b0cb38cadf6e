import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Set by Jest's global set-up, for all files of one run. */
export const RUN_DIRECTORY = 'HEDDLE_TEST_RUN_DIRECTORY';

/** The directory that one run of Jest shares; it is removed when the run ends. */
export function runDirectory(): string {
  const directory = process.env[RUN_DIRECTORY];
  if (directory) return directory;
  throw new Error('No test run: start these tests with Jest, in its project "integration" or "e2e".');
}

/** A process that one run of Jest shares, as its record in the run's directory has it. */
export interface SharedServerRecord {
  readonly name: string;
  readonly address: string;
  readonly pid: number;
  readonly startTime: string;
}

export function recordFile(directory: string, name: string): string {
  return join(directory, `${name}.server.json`);
}

export function readRecord(file: string): SharedServerRecord {
  return JSON.parse(readFileSync(file, 'utf8')) as SharedServerRecord;
}
