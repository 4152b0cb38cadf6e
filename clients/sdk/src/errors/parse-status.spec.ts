import { describe, expect, it } from '@jest/globals';
import { errorFromAnswer } from './parse-status.js';

const type = (name: string): string => `type.googleapis.com/google.rpc.${name}`;

describe('errorFromAnswer', () => {
  it('reads reason, metadata, violations and the time of a repeat', () => {
    const body = JSON.stringify({
      code: 3,
      message: 'The request has invalid fields',
      details: [
        { '@type': type('ErrorInfo'), reason: 'FIELD_INVALID', domain: 'heddle', metadata: { limit: '16' } },
        { '@type': type('BadRequest'), fieldViolations: [{ field: 'tasks[0].attempts', description: 'at most 16' }] },
        { '@type': type('RetryInfo'), retryDelay: '1.5s' },
        { '@type': type('Future'), anything: true },
      ],
    });
    expect(errorFromAnswer(400, body, '9')).toMatchObject({
      reason: 'FIELD_INVALID',
      message: 'The request has invalid fields',
      httpStatus: 400,
      code: 3,
      metadata: { limit: '16' },
      violations: [{ field: 'tasks[0].attempts', description: 'at most 16' }],
      retryAfter: 1.5,
    });
  });

  it('takes the header where the body has no RetryInfo', () => {
    const body = JSON.stringify({
      code: 8,
      message: 'slow down',
      details: [{ '@type': type('ErrorInfo'), reason: 'RATE_LIMITED' }],
    });
    expect(errorFromAnswer(429, body, '3').retryAfter).toBe(3);
  });

  it.each(['', '<html>Bad gateway</html>', 'null', '[]', '{"error":"x"}', '{"details":1}'])(
    'says that %p is not in our form',
    (body) => {
      const error = errorFromAnswer(502, body, null);
      expect(error.reason).toBe('HTTP_502');
      expect(error.retryAfter).toBeUndefined();
    },
  );
});
