import { usageError } from '../cli.error.js';

/** `12` or `12-15`. */
export function parseLineRange(value: string): { startLine: number; endLine: number } {
  const [, start = '', end = start] = /^([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?$/.exec(value) ?? [];
  if (start === '' || Number(end) < Number(start))
    throw usageError(`Not a line or a range of lines, like 12 or 12-15: ${JSON.stringify(value)}`);
  return { startLine: Number(start), endLine: Number(end) };
}
