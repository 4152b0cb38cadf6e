import type { HttpAnswer, RefusalKind, Route } from '../model-protocol.js';

interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
}

const REFUSALS: Readonly<Record<RefusalKind, Refusal>> = {
  unauthorized: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  rate_limited: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  quota_exhausted: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  server_error: { status: 500, type: 'server_error', code: null },
  overloaded: { status: 529, type: 'service_unavailable_error', code: 'server_is_overloaded' },
  context_exceeded: { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
};

/** The errors of both of OpenAI's protocols. */
export function openAiRefusal(kind: RefusalKind, message: string, retryAfterSeconds?: number): HttpAnswer {
  const { status, type, code } = REFUSALS[kind];
  return {
    status,
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` },
    body: { error: { message, type, code, param: null } },
  };
}

export function openAiBadRequest(message: string): HttpAnswer {
  return { status: 400, body: { error: { message, type: 'invalid_request_error', code: null, param: null } } };
}

export function openAiModels(pathname: string): Route | undefined {
  if (!pathname.endsWith('/models')) return undefined;
  return {
    kind: 'side',
    answer: (_, models) => ({
      status: 200,
      body: { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'scripted' })) },
    }),
  };
}
