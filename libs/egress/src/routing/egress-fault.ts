import type { EgressRule } from '../grant/egress-grant.js';
import type { EgressReason } from '../record/egress-record.js';

const STATUS: Partial<Record<EgressReason, number>> = {
  BAD_REQUEST: 400,
  AUTHORITY_MISMATCH: 421,
  SNI_MISMATCH: 421,
  NAME_NOT_RESOLVED: 502,
  UPSTREAM_UNREACHABLE: 502,
  UPSTREAM_CERTIFICATE: 502,
  UPSTREAM_FAILED: 502,
  CREDENTIAL_ECHOED: 502,
  IDLE: 504,
  UPGRADE_UNSEEN: 426,
  MODEL_BUSY: 429,
};

/** Why a request is not, or no longer, served. */
export class EgressFault extends Error {
  constructor(
    readonly verdict: 'REFUSED' | 'FAILED',
    readonly reason: EgressReason,
    message: string,
    readonly suggestion?: EgressRule,
    /** When it is worth while to ask again, from now on; for MODEL_BUSY. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
    this.name = 'EgressFault';
  }

  /** HTTP's; 403 for what is refused for other reasons than the request's form. */
  get status(): number {
    return STATUS[this.reason] ?? 403;
  }

  /** One line for whoever asked: what happened, and what would allow it. */
  get line(): string {
    const rule = this.suggestion === undefined ? '' : ` A rule that would allow it: ${describeRule(this.suggestion)}.`;
    return `Heddle egress ${this.verdict.toLowerCase()} this (${this.reason}): ${this.message}.${rule}\n`;
  }
}

function describeRule({ host, ports, methods, pathPrefix }: EgressRule): string {
  const scope = [methods.join(','), pathPrefix].filter((part) => part !== '').join(' ');
  return `host ${host}, port ${ports.join(',')}${scope === '' ? '' : `, ${scope}`}`;
}

/** A mistake of ours, which costs one request. */
export function internalFault(error: unknown): EgressFault {
  return new EgressFault('FAILED', 'INTERNAL', error instanceof Error ? error.message : 'an unknown error');
}
