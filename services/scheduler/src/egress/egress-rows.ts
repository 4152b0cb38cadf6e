import { EgressRequest, EgressRequest_Verdict, type NetworkRule } from '@heddle/contracts';
import { durationMs, toDuration } from '@heddle/platform/waiting';

/** A row of `egress_requests` as it is read, without whose it is. */
export interface EgressRow {
  /** From 1 within the attempt, over all its fences. */
  readonly sequence: string;
  readonly time: Date;
  readonly phase: string;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly verdict: 'ALLOWED' | 'REFUSED' | 'FAILED';
  readonly reason: string;
  readonly suggestion: NetworkRule | null;
  readonly bytes_sent: string;
  readonly bytes_received: string;
  readonly duration_ms: string;
  readonly wait_ms: string;
  /** 0: no answer was seen. */
  readonly status: number;
}

export const EGRESS_COLUMNS =
  'sequence, time, phase, host, port, method, path, verdict, reason, suggestion, bytes_sent, bytes_received, duration_ms, wait_ms, status';

/** What is stored of a record, whatever an agent put into its request: bounded, and without what no text column takes. */
export function toRow(request: EgressRequest): Omit<EgressRow, 'sequence' | 'time'> & {
  readonly record: string;
  readonly time: string;
} {
  return {
    record: request.sequence,
    time: (request.time ?? new Date()).toISOString(),
    phase: text(request.phase, 16),
    host: text(request.host, 255),
    port: request.port,
    method: text(request.method, 32),
    path: text(request.path, 2_048),
    verdict: verdictOf(request.verdict),
    reason: text(request.reason, 64),
    suggestion: request.suggestion === undefined ? null : plainRule(request.suggestion),
    bytes_sent: request.bytesSent,
    bytes_received: request.bytesReceived,
    duration_ms: request.duration === undefined ? '0' : String(durationMs(request.duration)),
    wait_ms: request.waitDuration === undefined ? '0' : String(durationMs(request.waitDuration)),
    status: request.status,
  };
}

export function toEgressRequest(row: EgressRow): EgressRequest {
  return EgressRequest.fromPartial({
    sequence: row.sequence,
    time: row.time,
    phase: row.phase,
    host: row.host,
    port: row.port,
    method: row.method,
    path: row.path,
    verdict: EgressRequest_Verdict[row.verdict],
    reason: row.reason,
    suggestion: row.suggestion ?? undefined,
    bytesSent: row.bytes_sent,
    bytesReceived: row.bytes_received,
    duration: toDuration(Number(row.duration_ms)),
    waitDuration: row.wait_ms === '0' ? undefined : toDuration(Number(row.wait_ms)),
    status: row.status,
  });
}

function plainRule({ preset, host, ports, methods, pathPrefix }: NetworkRule): NetworkRule {
  return {
    preset: text(preset, 32),
    host: text(host, 255),
    ports: [...ports],
    methods: methods.map((method) => text(method, 32)),
    pathPrefix: text(pathPrefix, 2_048),
  };
}

function text(value: string, length: number): string {
  return value.slice(0, length).replace(/\0|\p{Surrogate}/gu, '');
}

/** A word that is not known yet is no reason to lose the record; it did not go well either. */
function verdictOf(verdict: EgressRequest_Verdict): EgressRow['verdict'] {
  switch (verdict) {
    case EgressRequest_Verdict.ALLOWED:
      return 'ALLOWED';
    case EgressRequest_Verdict.REFUSED:
      return 'REFUSED';
    default:
      return 'FAILED';
  }
}
