import { afterEach, expect, it, jest } from '@jest/globals';
import { toldWhileWaiting } from './told-while-waiting.js';

afterEach(() => {
  jest.useRealTimers();
});

it('says what is waited for until it is there, and no longer', async () => {
  jest.useFakeTimers();
  const warn = jest.fn();
  let arrive: (value: string) => void = () => undefined;
  const what = { owner: 'attempt-1', step: 'createBox' };
  const waiting = toldWhileWaiting({ warn }, what, new Promise<string>((resolve) => (arrive = resolve)));
  jest.advanceTimersByTime(29_000);
  expect(warn).not.toHaveBeenCalled();
  jest.advanceTimersByTime(40_000);
  expect(warn.mock.calls).toEqual([
    [expect.objectContaining({ ...what, waitedMs: 30_000 }), 'still waiting'],
    [expect.objectContaining({ ...what, waitedMs: 60_000 }), 'still waiting'],
  ]);
  arrive('here');
  expect(await waiting).toBe('here');
  jest.advanceTimersByTime(90_000);
  expect(warn).toHaveBeenCalledTimes(2);
});
