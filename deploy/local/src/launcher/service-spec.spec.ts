import { describe, expect, it } from '@jest/globals';
import { serviceEnvironment } from './service-spec.js';
import { SERVICES, type ServiceDefinition, type Wiring } from './service-table.js';

const wiring: Wiring = {
  dataDirectory: '/data',
  host: '0.0.0.0',
  httpPort: 1,
  grpcPort: 2,
  schedulerPort: 3,
  reviewPort: 4,
  supervisorSocket: '/data/runner/supervisor.sock',
  adminToken: 'the-admin-token',
  internalToken: 'the-internal-token',
  databaseUrl: 'postgres://db',
  natsUrl: 'nats://127.0.0.1:5',
  natsToken: 'the-nats-token',
  temporalAddress: '127.0.0.1:6',
  temporalNamespace: 'default',
};

function environmentOf(name: string, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const service = SERVICES.find((candidate) => candidate.name === name) as ServiceDefinition;
  return serviceEnvironment(service, wiring, 9, env);
}

describe('the environment of a service', () => {
  it('gives the admin token to the gateway alone, however the operator gave it', () => {
    const given = { HEDDLE_ADMIN_TOKEN: 'mine', HEDDLE_ADMIN_TOKEN_FILE: '/mine' };
    expect(environmentOf('gateway', given)).toMatchObject({ HEDDLE_ADMIN_TOKEN: 'the-admin-token' });
    for (const { name } of SERVICES) {
      expect(environmentOf(name, given)).not.toHaveProperty('HEDDLE_ADMIN_TOKEN_FILE');
      if (name !== 'gateway') expect(environmentOf(name, given)).not.toHaveProperty('HEDDLE_ADMIN_TOKEN');
    }
  });

  it('passes on what the operator set, below what the launcher decided', () => {
    const env = environmentOf('review', {
      HEDDLE_REPOSITORY_ROOTS: '/srv',
      HEDDLE_LOG_LEVEL: 'debug',
      HEDDLE_DATABASE_URL_FILE: '/secret',
      HEDDLE_REVIEW_PORT: '99',
      HTTPS_PROXY: 'http://proxy',
    });
    expect(env).toMatchObject({
      HEDDLE_REPOSITORY_ROOTS: '/srv',
      HEDDLE_LOG_LEVEL: 'debug',
      HEDDLE_DATABASE_URL: 'postgres://db',
      HEDDLE_REVIEW_PORT: '4',
      HTTPS_PROXY: 'http://proxy',
    });
    expect(env).not.toHaveProperty('HEDDLE_DATABASE_URL_FILE');
  });

  it('keeps the options of this Node to itself', () => {
    expect(environmentOf('scheduler', { NODE_OPTIONS: '--inspect' })).not.toHaveProperty('NODE_OPTIONS');
  });
});
