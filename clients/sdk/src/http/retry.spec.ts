import { describe, expect, it } from '@jest/globals';
import { HeddleApiError } from '../errors/heddle-api.error.js';
import { HeddleConnectionError } from '../errors/heddle-connection.error.js';
import { pauseBeforeRetry } from './retry.js';

const unavailable = new HeddleApiError('DATABASE_UNAVAILABLE', 'away', 503, { retryAfter: 1 });
const refused = new HeddleApiError('TASK_NOT_FOUND', 'no', 404);
const proxy = new HeddleApiError('HTTP_502', 'no', 502);
const unreachable = new HeddleConnectionError('UNREACHABLE', 'u', 'no');
const broken = new HeddleConnectionError('INTERRUPTED', 'u', 'no');
const late = new HeddleConnectionError('DEADLINE_EXCEEDED', 'u', 'no');

describe('pauseBeforeRetry', () => {
  const pause = (error: unknown, safe: boolean): number | undefined =>
    pauseBeforeRetry(error, 1, { safe, random: () => 1 });

  it('repeats safe calls where the server says so or the connection failed', () => {
    expect(pause(unavailable, true)).toBe(1000);
    expect(pause(proxy, true)).toBe(100);
    expect(pause(broken, true)).toBe(100);
  });

  it('never repeats what may have had its effect', () => {
    expect(pause(unavailable, false)).toBeUndefined();
    expect(pause(proxy, false)).toBeUndefined();
    expect(pause(broken, false)).toBeUndefined();
  });

  it('repeats anything that was never received', () => {
    expect(pause(unreachable, false)).toBe(100);
  });

  it('gives up on what would be refused again, on the deadline and on faults of the program', () => {
    expect(pause(refused, true)).toBeUndefined();
    expect(pause(late, true)).toBeUndefined();
    expect(pause(new TypeError('bug'), true)).toBeUndefined();
  });

  it('grows to a bound and spreads', () => {
    const at = (tries: number, random: number): number | undefined =>
      pauseBeforeRetry(broken, tries, { safe: true, random: () => random });
    expect([1, 2, 3, 10, 500].map((tries) => at(tries, 1))).toEqual([100, 200, 400, 2000, 2000]);
    expect(at(1, 0)).toBe(50);
  });
});
