import { describe, expect, it } from '@jest/globals';
import { Any, ErrorInfo, Status } from '@heddle/contracts/rpc';
import { fieldInvalid, HeddleError, REASONS, type Reason } from '@heddle/domain';
import { encodeStatus } from '@heddle/platform/errors';
import { errorResponse } from './error-response.js';

const respond = (error: HeddleError) => errorResponse(Status.decode(encodeStatus(error)));

describe('errorResponse', () => {
  it.each(Object.keys(REASONS) as Reason[])('gives %s its HTTP status and one ErrorInfo', (reason) => {
    const { http, body, headers } = respond(new HeddleError(reason, 'text'));
    expect(http).toBe(REASONS[reason].http);
    expect(body).toMatchObject({
      code: REASONS[reason].code,
      message: 'text',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'heddle' },
        ...('retryable' in REASONS[reason] ? [{}] : []),
      ],
    });
    expect('retry-after' in headers).toBe('retryable' in REASONS[reason]);
  });

  it('spells field paths as JSON does', () => {
    const { body } = respond(fieldInvalid([{ field: 'tasks[0].declared_paths[1]', description: 'is bad' }]));
    expect(body['details']).toContainEqual(
      expect.objectContaining({ fieldViolations: [expect.objectContaining({ field: 'tasks[0].declaredPaths[1]' })] }),
    );
  });

  it('sets the headers that go with the error', () => {
    expect(respond(new HeddleError('RATE_LIMITED', 'x', { retryAfterSeconds: 1.2 })).headers).toEqual({
      'retry-after': '2',
    });
    expect(respond(new HeddleError('TOKEN_MISSING', 'x')).headers).toEqual({
      'www-authenticate': 'Bearer realm="heddle"',
    });
    expect(respond(new HeddleError('METHOD_NOT_ALLOWED', 'x', { metadata: { allowed: 'GET' } })).headers).toEqual({
      allow: 'GET',
    });
  });

  it('passes on a reason that it does not know by its code', () => {
    const value = Buffer.from(ErrorInfo.encode({ reason: 'FROM_THE_FUTURE', domain: 'heddle', metadata: {} }).finish());
    const status: Status = {
      code: 8,
      message: 'x',
      details: [Any.fromPartial({ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value })],
    };
    expect(errorResponse(status)).toMatchObject({ http: 429, body: { details: [{ reason: 'FROM_THE_FUTURE' }] } });
  });
});
