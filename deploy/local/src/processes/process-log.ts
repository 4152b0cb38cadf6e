import { existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROTATE_AT_BYTES = 16 * 1024 * 1024;

export interface ProcessLog {
  readonly file: string;
  /** Open for appending; the caller closes it. A file, not a pipe: it outlives whoever started the process. */
  readonly descriptor: number;
}

/** Opens `<directory>/<name>.log`; one that has grown too big is moved to `<name>.log.1` first. */
export function openLog(directory: string, name: string): ProcessLog {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.log`);
  if (existsSync(file) && statSync(file).size > ROTATE_AT_BYTES) renameSync(file, `${file}.1`);
  return { file, descriptor: openSync(file, 'a', 0o640) };
}

export function tailOf(file: string, lines = 15): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '(nothing)';
}
