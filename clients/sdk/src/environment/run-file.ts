import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleConfigError } from '../errors/heddle-config.error.js';

/** What a running local platform says about itself. */
export interface RunFile {
  readonly url: string;
  readonly adminToken: string;
}

/**
 * @returns undefined where no platform runs on this data directory
 * @throws {HeddleConfigError} RUN_FILE_INVALID if it is there but can't be read
 */
export async function readRunFile(dataDirectory: string): Promise<RunFile | undefined> {
  const path = join(dataDirectory, 'run.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw new HeddleConfigError('RUN_FILE_INVALID', `${path} cannot be read: ${String(error)}`, { cause: error });
  }
  return parseRunFile(path, text);
}

function parseRunFile(path: string, text: string): RunFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HeddleConfigError('RUN_FILE_INVALID', `${path} is no JSON`, { cause: error });
  }
  if (isRunFile(value)) return { url: value.url, adminToken: value.adminToken };
  throw new HeddleConfigError('RUN_FILE_INVALID', `${path} has no url or no adminToken`);
}

function isRunFile(value: unknown): value is RunFile {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'url' in value && typeof value.url === 'string' && 'adminToken' in value && typeof value.adminToken === 'string'
  );
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
