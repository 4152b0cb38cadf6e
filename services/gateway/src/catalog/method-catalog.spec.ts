import { describe, expect, it } from '@jest/globals';
import { MethodCatalog } from './method-catalog.js';

describe('MethodCatalog', () => {
  const catalog = new MethodCatalog();

  it('reads routes, roles and kinds from the descriptors', () => {
    expect(catalog.get('heddle.v1.BatchService/CreateBatch')).toMatchObject({
      role: 'DEVELOPER',
      open: false,
      planned: false,
      serverStreaming: false,
      bindings: [{ verb: 'POST', template: '/v1/batches', body: '*' }],
    });
    expect(catalog.get('heddle.v1.SystemService/GetServerInfo').open).toBe(true);
    expect(catalog.get('heddle.v1.BatchService/UpdateBatch').planned).toBe(true);
    expect(catalog.get('heddle.v1.EventService/StreamLogs')).toMatchObject({
      serverStreaming: true,
      bindings: [
        {},
        { template: '/v1/landings/{id}/logs' },
        { template: '/v1/jobs/{id}/logs' },
        { template: '/v1/trials/{id}/logs' },
      ],
    });
  });

  it('knows public services only', () => {
    expect([...catalog.services().keys()].every((name) => name.startsWith('heddle.v1.'))).toBe(true);
  });

  it('finds a route and a role declared for every rpc', () => {
    for (const method of catalog.methods) {
      expect([method.fullName, method.bindings.length > 0]).toEqual([method.fullName, true]);
      expect([method.fullName, method.open || ['VIEWER', 'DEVELOPER', 'OPERATOR'].includes(method.role)]).toEqual([
        method.fullName,
        true,
      ]);
    }
  });

  it('throws for a name that the API does not have', () => {
    expect(() => catalog.get('heddle.v1.BatchService/Nothing')).toThrow('Nothing');
  });
});
