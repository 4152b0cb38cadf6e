import { expect, it } from '@jest/globals';
import { connectionError } from './connection-failure.js';

it('says of a port that no client connects to that nothing was sent', async () => {
  const url = 'http://127.0.0.1:1';
  const error: unknown = await fetch(url).catch((fault: unknown) => fault);
  expect(connectionError(url, error)).toMatchObject({
    failure: 'UNREACHABLE',
    message: expect.stringContaining(`the port of ${url}`),
  });
});
