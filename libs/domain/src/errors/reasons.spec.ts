import { describe, expect, it } from '@jest/globals';
import { HeddleError } from './heddle-error.js';
import { GrpcCode, isReason, REASONS, type ReasonEntry } from './reasons.js';

/** HTTP status by gRPC code, where nothing more special is said. */
const USUAL_HTTP: Partial<Record<GrpcCode, number>> = {
  [GrpcCode.INVALID_ARGUMENT]: 400,
  [GrpcCode.NOT_FOUND]: 404,
  [GrpcCode.ALREADY_EXISTS]: 409,
  [GrpcCode.FAILED_PRECONDITION]: 400,
  [GrpcCode.ABORTED]: 409,
  [GrpcCode.RESOURCE_EXHAUSTED]: 429,
  [GrpcCode.OUT_OF_RANGE]: 400,
  [GrpcCode.UNIMPLEMENTED]: 501,
  [GrpcCode.UNAVAILABLE]: 503,
  [GrpcCode.UNAUTHENTICATED]: 401,
  [GrpcCode.PERMISSION_DENIED]: 403,
};
const SPECIAL: Readonly<Record<string, number>> = {
  MEDIA_TYPE_UNSUPPORTED: 415,
  REQUEST_TOO_LARGE: 413,
  METHOD_NOT_ALLOWED: 405,
  UPGRADE_REQUIRED: 426,
};

describe('the catalogue of reasons', () => {
  it.each(Object.entries(REASONS) as [string, ReasonEntry][])('%s has the HTTP status of its code', (reason, entry) => {
    expect(reason).toMatch(/^[A-Z][A-Z0-9_]+$/);
    const usual = USUAL_HTTP[entry.code];
    if (usual !== undefined) expect(entry.http).toBe(SPECIAL[reason] ?? usual);
  });

  it('knows its words and no others', () => {
    expect(isReason('TASK_NOT_FOUND')).toBe(true);
    expect(isReason('toString')).toBe(false);
  });

  it('tells when a repeat makes sense exactly where it does', () => {
    expect(new HeddleError('DATABASE_UNAVAILABLE', 'x').retryAfterSeconds).toBe(1);
    expect(new HeddleError('TASK_NOT_FOUND', 'x').retryAfterSeconds).toBeUndefined();
  });
});
