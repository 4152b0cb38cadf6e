import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ProtocolName } from './model-protocol.js';
import type { Fault } from './scenario.js';

/**
 * What the server did with a request. `step`: a reply of the script. `end`: the closing text after its last step. `side`:
 * titles, token counts and the like. `fault`: the step's fault. `over_limit`: 429 of the scenario's limit. The others are
 * mistakes of the caller or the scenario: no conversation fits, a tool is missing, the body or the path is wrong.
 */
export type RequestOutcome =
  | 'step'
  | 'end'
  | 'side'
  | 'fault'
  | 'over_limit'
  | 'no_conversation'
  | 'no_such_tool'
  | 'malformed'
  | 'not_found'
  | 'upgrade_refused';

export interface RequestRecord {
  /** From 1, in order of arrival. */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  readonly method: string;
  /** Without the query, which may hold a key. */
  readonly path: string;
  readonly authorization: Authorization | undefined;
  /** Model requests that were open when this one came, itself included. */
  concurrent?: number;
  protocol?: ProtocolName;
  model?: string;
  stream?: boolean;
  tools?: readonly string[];
  conversation?: string;
  /** From 0, as in the scenario. */
  step?: number;
  outcome?: RequestOutcome;
  fault?: Fault['kind'];
  /** Undefined if nothing was answered. */
  status?: number;
  /** Milliseconds until the answer's end, or until the caller went away; undefined while it is open. */
  duration?: number;
  /** The answer wasn't taken to its end: by a fault, or because the caller went away. */
  broken?: boolean;
  /** Only if the server keeps bodies. */
  body?: unknown;
}

export interface Authorization {
  readonly header: 'authorization' | 'x-api-key' | 'x-goog-api-key';
  /** Hex, of the credential without a scheme: two requests used the same one, and a test can tell which. */
  readonly sha256: string;
}

export interface RequestCounters {
  /** All that came, of any kind. */
  readonly requests: number;
  readonly outcomes: Readonly<Partial<Record<RequestOutcome, number>>>;
  /** Answered 429, by the limit or by a fault. */
  readonly refused: number;
  readonly open: number;
  readonly maxConcurrent: number;
}

export function authorizationOf(headers: IncomingHttpHeaders): Authorization | undefined {
  for (const header of ['authorization', 'x-api-key', 'x-goog-api-key'] as const) {
    const value = headers[header];
    if (typeof value !== 'string') continue;
    const credential = value.replace(/^(?:Bearer|Basic) /i, '');
    return { header, sha256: createHash('sha256').update(credential).digest('hex') };
  }
  return undefined;
}

/** The requests of a server since its start or the last `clear`. */
export class RequestLog {
  #records: RequestRecord[] = [];
  #arrived = 0;

  add(record: Omit<RequestRecord, 'number' | 'at'>): RequestRecord {
    const added = { number: ++this.#arrived, at: new Date().toISOString(), ...record };
    this.#records.push(added);
    return added;
  }

  all(): readonly RequestRecord[] {
    return this.#records.map((record) => ({ ...record }));
  }

  counters(open: number): RequestCounters {
    const outcomes: Partial<Record<RequestOutcome, number>> = {};
    for (const { outcome } of this.#records) {
      if (outcome) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    return {
      requests: this.#records.length,
      outcomes,
      refused: this.#records.filter(({ status }) => status === 429).length,
      open,
      maxConcurrent: Math.max(0, ...this.#records.map(({ concurrent }) => concurrent ?? 0)),
    };
  }

  clear(): void {
    this.#records = [];
    this.#arrived = 0;
  }
}
