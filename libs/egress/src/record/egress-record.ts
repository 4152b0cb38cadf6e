import type { EgressRule } from '../grant/egress-grant.js';

export type EgressVerdict = 'ALLOWED' | 'REFUSED' | 'FAILED';

export type EgressScheme = 'dns' | 'http' | 'https' | 'tls' | 'tcp';

/** Why a request was refused or failed. */
export type EgressReason =
  | 'HOST_NOT_ALLOWED'
  | 'PORT_NOT_ALLOWED'
  | 'METHOD_NOT_ALLOWED'
  | 'PATH_NOT_ALLOWED'
  | 'BAD_HOST'
  | 'IP_LITERAL'
  | 'USERINFO'
  | 'BAD_REQUEST'
  | 'AUTHORITY_MISMATCH'
  | 'SNI_MISMATCH'
  | 'SNI_MISSING'
  | 'UNKNOWN_PROTOCOL'
  | 'ADDRESS_NOT_PUBLIC'
  | 'NAME_NOT_RESOLVED'
  | 'UPSTREAM_UNREACHABLE'
  | 'UPSTREAM_CERTIFICATE'
  | 'UPSTREAM_FAILED'
  | 'IDLE'
  | 'CLIENT_ABORTED'
  | 'CLIENT_PINS_TLS'
  | 'CREDENTIAL_ECHOED'
  | 'MODEL_BUSY'
  | 'UPGRADE_UNSEEN'
  | 'CONNECTION_LIMIT'
  | 'NAME_LIMIT'
  | 'BYTE_LIMIT'
  | 'INTERNAL';

/** One request, or one tunnel where TLS is passed through. Times are milliseconds, sizes bytes without framing. */
export interface EgressRecord {
  /** When it began: milliseconds since the epoch. */
  readonly time: number;
  readonly host: string;
  readonly port: number;
  readonly method?: string;
  /** Without its query, at most 1,024 characters. */
  readonly path?: string;
  readonly scheme: EgressScheme;
  readonly verdict: EgressVerdict;
  readonly reason?: EgressReason;
  /** The rule that would allow it, where a rule can. */
  readonly suggestion?: EgressRule;
  /** Of the answer, where it was seen. */
  readonly status?: number;
  /** For how long the answer asked to be left alone: milliseconds, from its Retry-After. */
  readonly retryAfterMs?: number;
  /** In line for its turn at a model's server, before it was sent; part of the duration. */
  readonly waitedMs?: number;
  /** For how long after its answer, a refusal, nothing more is sent there from this host. */
  readonly pausedMs?: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly durationMs: number;
}
