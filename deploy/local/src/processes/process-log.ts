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

/** The last lines of a log, for people: of structured lines their message and error. */
export function tailOf(file: string, lines = 15): string {
  if (!existsSync(file)) return '(nothing)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).map(readable).join('\n');
}

function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter((part) => part !== undefined).join(': ') || line;
  } catch {
    return line; // cut in the middle, or not a log line after all
  }
}
