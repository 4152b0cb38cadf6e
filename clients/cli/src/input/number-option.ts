import { wrongValue } from './wrong-value.js';

/** From 1 on. */
export function parseWholeNumber(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) === 0) throw wrongValue('a whole number from 1 on');
  return Number(value);
}
