import type { AgentFailure } from '@heddle/domain';

/** Words of the programs and of the services that they pass on; the first that fits counts. */
const WORDS: readonly (readonly [RegExp, AgentFailure])[] = [
  [
    /context_length_exceeded|context.?overflow|context (window|length|limit)|prompt.{1,4}too.long|too many input tokens|maximum number of tokens|request_too_large/i,
    'AGENT_CONTEXT_EXHAUSTED',
  ],
  [
    /insufficient_quota|quota exceeded|exceeded your (current )?quota|exhausted your \w+ quota|credit balance|out of credits|usage limit|billing/i,
    'AGENT_QUOTA_EXHAUSTED',
  ],
  [/unauthori[sz]ed|authenticat|autherror|invalid.api.?key|api key not valid|permission_denied/i, 'AGENT_AUTH_FAILED'],
  [/rate.?limit|too many requests|overloaded|at capacity|resource.?exhausted/i, 'AGENT_RATE_LIMITED'],
  [
    /stream (disconnected|error)|connection|econn\w+|socket|terminated|timed? ?out|fetch failed|network error|high demand|\bJSON\b|server.?error/i,
    'AGENT_STREAM_LOST',
  ],
];

const STATUS = /(?:status|error|code|rejected)\b[^\d\n]{0,20}\b([45]\d\d)\b/i;

/**
 * The class of a failed call of the model.
 * @param text the program's words
 * @param status of HTTP, where the program says it apart from its words
 */
export function failureClass(text: string, status?: number): AgentFailure | undefined {
  const known = WORDS.find(([words]) => words.test(text))?.[1];
  // What a status doesn't say: which limit it was that refused.
  if (known === 'AGENT_CONTEXT_EXHAUSTED' || known === 'AGENT_QUOTA_EXHAUSTED') return known;
  const code = status ?? Number(STATUS.exec(text)?.[1] ?? 0);
  // An answer with another status did come, whatever words are in it.
  return ofStatus(code) ?? (code !== 0 && known === 'AGENT_STREAM_LOST' ? undefined : known);
}

function ofStatus(status: number): AgentFailure | undefined {
  if (status === 401 || status === 403) return 'AGENT_AUTH_FAILED';
  if (status === 402) return 'AGENT_QUOTA_EXHAUSTED';
  if (status === 413) return 'AGENT_CONTEXT_EXHAUSTED';
  if (status === 429 || status === 503 || status === 529) return 'AGENT_RATE_LIMITED';
  return status === 408 || (status >= 500 && status < 600) ? 'AGENT_STREAM_LOST' : undefined;
}
