import { wrongValue } from './wrong-value.js';

/** From 0 on. */
export function parseCount(value: string): number {
  if (!/^\d+$/.test(value)) throw wrongValue('a whole number from 0 on');
  return Number(value);
}

/** From 1 on. */
export function parseWholeNumber(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) === 0) throw wrongValue('a whole number from 1 on');
  return Number(value);
}
