import { describe, expect, it } from '@jest/globals';
import { fieldInvalid, HeddleError, REASONS, type Reason } from '@heddle/domain';
import { decodeStatus, encodeStatus } from './status-details.js';
import { toHeddleError } from './to-heddle-error.js';
import { unavailableReason } from './unavailable.js';

describe('status details', () => {
  it.each(Object.keys(REASONS) as Reason[])('carry %s there and back', (reason) => {
    const error = new HeddleError(reason, 'text', { metadata: { a: 'b' } });
    const back = decodeStatus(encodeStatus(error));
    expect(back).toMatchObject({
      reason,
      message: 'text',
      metadata: { a: 'b' },
      retryAfterSeconds: error.retryAfterSeconds,
    });
  });

  it('carry field violations', () => {
    const violations = [
      { field: 'tasks[0].prompt', description: 'is required' },
      { field: 'ref', description: 'is too long' },
    ];
    expect(decodeStatus(encodeStatus(fieldInvalid(violations)))?.violations).toEqual(violations);
  });

  it('are undefined for what is no status of ours', () => {
    expect(decodeStatus(new Uint8Array())).toBeUndefined();
    expect(decodeStatus(Buffer.from('no protobuf at all'))).toBeUndefined();
  });
});

describe('toHeddleError', () => {
  const coded = (code: string | number, extra = {}) => Object.assign(new Error('x'), { code, ...extra });

  it.each([
    ['refused connection', coded('ECONNREFUSED', { syscall: 'connect' }), 'DATABASE_UNAVAILABLE'],
    ['database shutting down', coded('57P01'), 'DATABASE_UNAVAILABLE'],
    ['too many connections', coded('53300'), 'DATABASE_UNAVAILABLE'],
    ['wrapped by the ORM', Object.assign(new Error('x'), { driverError: coded('08006') }), 'DATABASE_UNAVAILABLE'],
    ['connection cut', new Error('Connection terminated unexpectedly'), 'DATABASE_UNAVAILABLE'],
    [
      'several addresses refused',
      new AggregateError([coded('ECONNREFUSED', { syscall: 'connect' })]),
      'DATABASE_UNAVAILABLE',
    ],
    ['nobody at the stream', Object.assign(new Error('x'), { name: 'NoRespondersError' }), 'STREAM_UNAVAILABLE'],
    ['gRPC unavailable', new Error('x', { cause: coded(14) }), 'WORKFLOWS_UNAVAILABLE'],
    ['a missing file', coded('ENOENT', { syscall: 'open' }), 'INTERNAL'],
    ['a unique violation', coded('23505'), 'INTERNAL'],
    ['a thrown word', 'word', 'INTERNAL'],
  ])('takes %s for what it is', (_name, error, reason) => {
    expect(toHeddleError(error).reason).toBe(reason);
  });

  it('knows an outage that another service told of, and nothing else that it may say', () => {
    expect(unavailableReason(new HeddleError('SERVICE_UNAVAILABLE', 'x'))).toBe('SERVICE_UNAVAILABLE');
    expect(unavailableReason(new Error('x', { cause: new HeddleError('DATABASE_UNAVAILABLE', 'x') }))).toBe(
      'DATABASE_UNAVAILABLE',
    );
    expect(unavailableReason(new HeddleError('TASK_NOT_FOUND', 'x'))).toBeUndefined();
  });

  it('leaves expected errors alone', () => {
    const error = new HeddleError('TASK_NOT_FOUND', 'x');
    expect(toHeddleError(error)).toBe(error);
  });
});
