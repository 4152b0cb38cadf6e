import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HealthRegistry } from './health-registry.js';
import { HealthServer } from './health-server.js';

describe('HealthServer', () => {
  const health = new HealthRegistry();
  const server = new HealthServer(health);
  let base: string;
  let databaseAway = false;

  beforeAll(async () => {
    base = `http://127.0.0.1:${await server.start('127.0.0.1', 0)}`;
    health.add('database', () => {
      if (databaseAway) throw new Error('connection refused');
    });
  });
  afterAll(() => server.stop());

  async function ready() {
    const response = await fetch(`${base}/readyz`);
    return { status: response.status, body: await response.json() };
  }

  it('is alive from the start, and ready between start and stop while its checks pass', async () => {
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect(await ready()).toMatchObject({ status: 503, body: { ready: false, checks: { process: 'starting' } } });
    health.markServing();
    expect(await ready()).toEqual({ status: 200, body: { ready: true, checks: { process: 'ok', database: 'ok' } } });
    databaseAway = true;
    expect(await ready()).toMatchObject({ status: 503, body: { checks: { database: 'connection refused' } } });
    databaseAway = false;
    health.markStopping();
    expect((await ready()).status).toBe(503);
  });

  it('serves metrics and nothing else', async () => {
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('process_cpu_seconds_total');
    expect((await fetch(`${base}/other`)).status).toBe(404);
  });
});
