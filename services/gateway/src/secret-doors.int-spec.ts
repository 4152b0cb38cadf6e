import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '@heddle/testing';
import { GatewayFixture, reasonOf } from './testing/gateway-fixture.js';

const VALUE = 'hush-hush-hush';

await describeWith(['nats'], 'secrets at the door', ({ nats }) => {
  let fixture: GatewayFixture;

  beforeAll(async () => {
    fixture = new GatewayFixture(nats);
    await fixture.start();
  });
  afterAll(() => fixture.stop());

  const put = (body: unknown) => fixture.json('PUT', '/v1/environments/e1/secrets/NPM_TOKEN', body);

  it('pass with the name of the path and come back without their value', async () => {
    const answer = await put({ kind: 'EGRESS', value: VALUE, hosts: ['api.example'] });
    expect(fixture.services.seen.at(-1)?.request).toMatchObject({
      environmentId: 'e1',
      name: 'NPM_TOKEN',
      kind: 'EGRESS',
      value: VALUE,
      hosts: ['api.example'],
    });
    expect(answer).toMatchObject({ status: 200, body: { environmentId: 'e1', name: 'NPM_TOKEN', kind: 'EGRESS' } });
    expect(JSON.stringify(answer.body)).not.toContain(VALUE);
  });

  it.each([
    { value: `${VALUE}\0` },
    { value: [VALUE] },
    { value: { text: VALUE } },
    { value: VALUE, kind: VALUE },
    { value: VALUE, name: 'OTHER' },
    { value: VALUE, hosts: VALUE },
    `{"value": "${VALUE}`,
  ])('are not part of what is said about a bad request: %j', async (body) => {
    const answer = await put(body);
    expect([answer.status, reasonOf(answer)]).toEqual([400, 'FIELD_INVALID']);
    expect(JSON.stringify(answer.body)).not.toContain(VALUE);
  });

  it('pass as the value of a credential, and are no part of its answer or of a refusal', async () => {
    const post = (body: unknown) => fixture.json('POST', '/v1/admin/credentials', body);
    const made = await post({ name: 'team-key', kind: 'MODEL', provider: 'OPENAI', value: VALUE });
    expect(fixture.services.seen.at(-1)?.request).toMatchObject({ name: 'team-key', kind: 'MODEL', value: VALUE });
    expect(made).toMatchObject({ status: 200, body: { id: 'c1', name: 'team-key', provider: 'OPENAI' } });
    expect(made.body).not.toHaveProperty('value');
    const refused = await post({ value: { text: VALUE } });
    expect([refused.status, reasonOf(refused)]).toEqual([400, 'FIELD_INVALID']);
    expect(JSON.stringify(refused.body)).not.toContain(VALUE);
  });
});
