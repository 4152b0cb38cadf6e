import { describe, expect, it } from '@jest/globals';
import { HeddleError } from '@heddle/domain';
import { MethodCatalog } from '../catalog/method-catalog.js';
import { RouteTable } from './route-table.js';

describe('RouteTable', () => {
  const catalog = new MethodCatalog();
  const routes = new RouteTable(catalog);

  function refusal(verb: string, path: string): HeddleError {
    try {
      routes.match(verb, path);
    } catch (error) {
      if (HeddleError.is(error)) return error;
    }
    throw new Error('expected a HeddleError');
  }

  it.each([
    ['POST', '/v1/batches', 'CreateBatch', {}],
    ['GET', '/v1/batches/b1', 'GetBatch', { id: 'b1' }],
    ['POST', '/v1/batches/b1:cancel', 'CancelBatch', { id: 'b1' }],
    ['GET', '/v1/tasks/t%201/attempts', 'ListAttempts', { task_id: 't 1' }],
    ['GET', '/v1/landings/l1/logs', 'StreamLogs', { id: 'l1' }],
    ['PATCH', '/v1/environments/e1', 'UpdateEnvironment', { 'environment.id': 'e1' }],
    ['GET', '/v1/attempts/a%3Acancel', 'GetAttempt', { id: 'a:cancel' }],
  ])('%s %s is %s', (verb, path, name, values) => {
    const match = routes.match(verb, path);
    expect(match.method.name).toBe(name);
    expect(Object.fromEntries(match.pathValues)).toEqual(values);
  });

  it.each([
    '/v1',
    '/v1/nothing',
    '/v1/batches/',
    '/v1/batches/a/b',
    '/v1/batches/b1:explode',
    '/v1/batches/%ff',
    '/v2/batches',
    '//v1/batches',
  ])('%s is not there', (path) => {
    expect(refusal('GET', path).reason).toBe('ROUTE_NOT_FOUND');
  });

  it('says which verbs a path has', () => {
    expect(refusal('DELETE', '/v1/batches')).toMatchObject({
      reason: 'METHOD_NOT_ALLOWED',
      metadata: { allowed: 'GET, POST' },
    });
  });

  it('reaches every rpc that declares a route, by its own template', () => {
    for (const method of catalog.methods) {
      for (const { verb, template } of method.bindings) {
        expect(routes.match(verb, template.replaceAll(/\{[^}]+\}/g, 'x1')).method.fullName).toBe(method.fullName);
      }
    }
  });
});
