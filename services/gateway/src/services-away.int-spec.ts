import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '@heddle/testing';
import { GatewayFixture, reasonOf } from './testing/gateway-fixture.js';

await describeWith(['nats'], 'a gateway whose services are away', ({ nats }) => {
  let fixture: GatewayFixture;

  beforeAll(async () => {
    fixture = new GatewayFixture(nats);
    await fixture.start();
    fixture.services.stop();
  });
  afterAll(() => fixture.stop());

  it('says so, that a repeat makes sense, and answers its own calls', async () => {
    const answer = await fixture.json('GET', '/v1/batches/b1');
    expect([answer.status, reasonOf(answer), answer.headers.get('retry-after')]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      '1',
    ]);
    expect((await fixture.json('GET', '/v1/me')).status).toBe(200);
  });
});
