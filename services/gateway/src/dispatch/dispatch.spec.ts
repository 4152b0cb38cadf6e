import { PassThrough } from 'node:stream';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { jsonToBinary, type JsonValue } from '@heddle/contracts/json';
import { ErrorInfo } from '@heddle/contracts/rpc';
import { HeddleError } from '@heddle/domain';
import { createLogger } from '@heddle/platform/logging';
import { MethodCatalog } from '../catalog/method-catalog.js';
import { Authenticator } from '../identity/authenticator.js';
import { requireRole } from '../identity/require-role.js';
import { Backends } from './backends.js';
import { checkRequest } from './check-request.js';
import { Dispatcher } from './dispatcher.js';
import { toFailure } from './failure.js';
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

describe('a call with streams in both directions', () => {
  const method = new MethodCatalog().get('heddle.v1.AttemptService/OpenTerminal');
  const backends = new Backends({ internalToken: 'x', addresses: { 'heddle.v1.AttemptService': '127.0.0.1:1' } });
  const dispatcher = (role: 'VIEWER' | 'DEVELOPER') =>
    new Dispatcher({ authenticate: () => ({ principal: 'ann', role }) }, backends, { unary: {}, streams: {} });

  it('is for those whose role the rpc declares, before anything of it is read', () => {
    let read = false;
    const requests = (async function* () {
      read = true;
      yield await Promise.resolve(new Uint8Array());
    })();
    const { signal } = new AbortController();
    const call = { method, requests, authorization: 'Bearer x', requestId: 'r', traceparent: '', deadline: 0, signal };
    expect(() => dispatcher('VIEWER').duplex(call)).toThrow(
      expect.objectContaining({
        reason: 'ROLE_REQUIRED',
        metadata: { requiredRole: 'DEVELOPER', role: 'VIEWER' },
      }),
    );
    expect(read).toBe(false);
    expect(dispatcher('DEVELOPER').admit(method, 'Bearer x')).toMatchObject({ principal: 'ann' });
    backends.close();
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

describe('Dispatcher', () => {
  const catalog = new MethodCatalog();
  const viewer = { authenticate: () => ({ principal: 'ann', role: 'VIEWER' }) as const };
  const backends = new Backends({ internalToken: 'x', addresses: { 'heddle.v1.BatchService': '127.0.0.1:1' } });
  const dispatcher = new Dispatcher(viewer, backends, { unary: {}, streams: {} });
  const reasonFor = (name: string, authorization?: string): string => {
    try {
      return dispatcher.admit(catalog.get(`heddle.v1.${name}`), authorization)?.principal ?? 'nobody';
    } catch (error) {
      return HeddleError.is(error) ? error.reason : 'another error';
    }
  };

  it('lets each role do what the method allows it', () => {
    expect(reasonFor('BatchService/GetBatch', 'Bearer x')).toBe('ann');
    expect(reasonFor('BatchService/CreateBatch', 'Bearer x')).toBe('ROLE_REQUIRED');
  });

  it('says what is not built, and that only to those who may call it', () => {
    expect(reasonFor('PromptService/ListPrompts', 'Bearer x')).toBe('NOT_AVAILABLE');
    expect(reasonFor('BatchService/UpdateBatch', 'Bearer x')).toBe('ROLE_REQUIRED');
  });

  it('knows a service of the API without an address for not built', () => {
    expect(reasonFor('ChangeService/GetChange', 'Bearer x')).toBe('NOT_AVAILABLE');
  });
});

describe('toFailure', () => {
  const silent = createLogger('test', 'silent');
  const bare = (code: number) => Object.assign(new Error('x'), { code, details: 'secret', metadata: new Metadata() });

  it.each([
    [1, 'CANCELLED'],
    [4, 'DEADLINE_EXCEEDED'],
    [12, 'NOT_AVAILABLE'],
    [14, 'SERVICE_UNAVAILABLE'],
    [16, 'INTERNAL'],
    [2, 'INTERNAL'],
  ])('gives the bare code %i the reason %s', (code, reason) => {
    const status = toFailure(bare(code), silent);
    expect(ErrorInfo.decode(status.details[0]?.value ?? Buffer.alloc(0)).reason).toBe(reason);
    if (reason === 'INTERNAL') expect(status.message).not.toContain('secret');
  });
});
