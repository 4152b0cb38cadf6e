import { wrongValue } from './wrong-value.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `10m`, `1h`, or seconds without a unit; in milliseconds. */
export function parseDuration(value: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value.trim()) ?? [];
  const factor = UNITS[unit];
  if (amount === undefined || factor === undefined) throw wrongValue('a duration: 90s, 10m, 1h');
  return Number(amount) * factor;
}
