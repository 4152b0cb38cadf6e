import { describe, expect, it } from '@jest/globals';
import { requestContext } from './request-context.js';
import { isTraceparent, newTraceparent, traceIdOf } from './traceparent.js';

describe('requestContext', () => {
  it('follows asynchronous work and can be narrowed to an attempt', async () => {
    const outer = { requestId: 'r', principal: 'p', role: 'VIEWER', traceparent: 't' };
    await requestContext.run(outer, async () => {
      await Promise.resolve();
      expect(requestContext.get()).toEqual(outer);
      requestContext.extend({ attemptId: 'a' }, () =>
        expect(requestContext.get()).toEqual({ ...outer, attemptId: 'a' }),
      );
      expect(requestContext.get()).toEqual(outer);
    });
    expect(requestContext.get()).toBeUndefined();
  });
});

describe('traceparent', () => {
  it('makes valid ones', () => {
    const traceparent = newTraceparent();
    expect(isTraceparent(traceparent)).toBe(true);
    expect(traceIdOf(traceparent)).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    undefined,
    '',
    'x',
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`,
  ])('refuses %p', (text) => {
    expect(isTraceparent(text)).toBe(false);
  });
});
