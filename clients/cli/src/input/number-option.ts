import { usageError } from '../cli.error.js';

export function parseWholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw usageError(`Not a whole number: ${JSON.stringify(value)}`);
  return Number(value);
}
