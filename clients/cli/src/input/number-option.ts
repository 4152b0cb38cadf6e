import { usageError } from '../cli.error.js';

/** From 1 on. */
export function parseWholeNumber(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) === 0)
    throw usageError(`Not a whole number from 1 on: ${JSON.stringify(value)}`);
  return Number(value);
}
