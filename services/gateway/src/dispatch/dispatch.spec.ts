import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { jsonToBinary, type JsonValue } from '@heddle/contracts/json';
import { MethodCatalog } from '../catalog/method-catalog.js';
import { Authenticator } from '../identity/authenticator.js';
import { requireRole } from '../identity/require-role.js';
import { checkRequest } from './check-request.js';
import { writeAtReadersPace } from './slow-reader.js';

describe('Authenticator', () => {
  const authenticator = new Authenticator('secret');

  it.each(['Bearer secret', 'bearer secret', 'Bearer   secret '])('takes %p', (header) => {
    expect(authenticator.authenticate(header)).toEqual({ principal: 'admin', role: 'OPERATOR' });
  });

  it.each(['secret', 'Bearer', 'Bearer ', 'Bearer wrong', 'Basic secret', 'Bearer secret secret'])(
    'refuses %p',
    (header) => {
      expect(() => authenticator.authenticate(header)).toThrow(expect.objectContaining({ reason: 'TOKEN_INVALID' }));
    },
  );

  it.each([undefined, ''])('misses a token in %p', (header) => {
    expect(() => authenticator.authenticate(header)).toThrow(expect.objectContaining({ reason: 'TOKEN_MISSING' }));
  });
});

describe('requireRole', () => {
  it('includes the lesser roles', () => {
    expect(() => requireRole({ principal: 'a', role: 'DEVELOPER' }, 'VIEWER')).not.toThrow();
    expect(() => requireRole({ principal: 'a', role: 'DEVELOPER' }, 'OPERATOR')).toThrow(
      expect.objectContaining({ reason: 'ROLE_REQUIRED', metadata: { requiredRole: 'OPERATOR', role: 'DEVELOPER' } }),
    );
  });
});

describe('checkRequest', () => {
  const method = new MethodCatalog().get('heddle.v1.BatchService/CreateBatch');
  const check = (json: JsonValue) => checkRequest(method, jsonToBinary('heddle.v1.CreateBatchRequest', json));

  it('takes text without NUL, and zero bytes that are no text', () => {
    expect(() =>
      check({ ref: 'main', tasks: [{ attempts: 0, checks: [{ timeout: '0s' }] }], labels: { a: '' } }),
    ).not.toThrow();
  });

  it('names text with NUL in the spelling of the proto', () => {
    expect(() => check({ repositoryId: 'a\0', tasks: [{}, { declaredPaths: ['x', '\0'] }] })).toThrow(
      expect.objectContaining({
        violations: [
          expect.objectContaining({ field: 'repository_id' }),
          expect.objectContaining({ field: 'tasks[1].declared_paths[1]' }),
        ],
      }),
    );
  });

  it('refuses what is no message', () => {
    expect(() => checkRequest(method, Buffer.from([0x0a, 0x05, 0x00]))).toThrow(
      expect.objectContaining({ reason: 'FIELD_INVALID' }),
    );
  });
});

describe('writeAtReadersPace', () => {
  it('drops a reader that takes nothing, with a reason', async () => {
    const nobody = new PassThrough({ highWaterMark: 1 });
    await expect(writeAtReadersPace(nobody, 'much', new AbortController().signal, 10)).rejects.toMatchObject({
      reason: 'SLOW_READER',
    });
  });

  it('goes on when the reader has caught up', async () => {
    const out = new PassThrough({ highWaterMark: 1 });
    const written = writeAtReadersPace(out, 'much', new AbortController().signal);
    out.resume();
    await written;
  });

  it('ends with the reason of the signal', async () => {
    const nobody = new PassThrough({ highWaterMark: 1 });
    const abort = new AbortController();
    const written = writeAtReadersPace(nobody, 'much', abort.signal);
    abort.abort(new Error('closing'));
    await expect(written).rejects.toThrow('closing');
  });
});
