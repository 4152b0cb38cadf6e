import { Transform } from 'node:stream';
import type { ByteBudget } from '../limits/byte-budget.js';
import type { Headers } from '../http/headers.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { EgressRecord, EgressScheme } from './egress-record.js';
import { retryAfterMs } from './retry-after.js';

const MAX_PATH = 1024;

export interface Subject {
  readonly host: string;
  readonly port: number;
  readonly scheme: EgressScheme;
  readonly method?: string;
  readonly path?: string;
}

/** Makes one record of each request. */
export class Recorder {
  private readonly open = new Set<OpenRecord>();
  private nextConnectionRecord = 0;

  constructor(
    private readonly onRecord: (record: EgressRecord) => void,
    private readonly budget: ByteBudget,
  ) {}

  begin(subject: Subject): OpenRecord {
    const record = new OpenRecord(subject, this.budget, (ended) => {
      this.open.delete(record);
      this.onRecord(ended);
    });
    this.open.add(record);
    return record;
  }

  /** Ends what is still going on. */
  close(): void {
    for (const record of this.open) record.end(new EgressFault('FAILED', 'CLIENT_ABORTED', 'the egress was closed'));
  }

  /** Of all answers so far, those that refused or failed left out. */
  get answeredBytes(): number {
    return this.budget.answeredBytes;
  }

  /** Throws an EgressFault when the sandbox has had its bytes. */
  expectBudget(): void {
    if (this.budget.isSpent) throw overBudget();
  }

  /** One record a second stands for however many there were: a flood of connections must not become one of records. */
  refuseConnection(max: number): void {
    const now = performance.now();
    if (now < this.nextConnectionRecord) return;
    this.nextConnectionRecord = now + 1000;
    this.refuse(
      { host: '', port: 0, scheme: 'tcp' },
      new EgressFault('REFUSED', 'CONNECTION_LIMIT', `more than ${String(max)} connections at once`),
    );
  }

  refuse(subject: Subject, fault: EgressFault): void {
    this.begin(subject).end(fault);
  }
}

/** A request that is still going on. It ends once, however many parts of it come to an end. */
export class OpenRecord {
  private readonly time = Date.now();
  private readonly started = performance.now();
  private bytesSent = 0;
  private bytesReceived = 0;
  private hasEnded = false;
  private answer: Pick<EgressRecord, 'status' | 'retryAfterMs'> = {};
  private line: Pick<EgressRecord, 'waitedMs' | 'pausedMs'> = {};

  constructor(
    private readonly subject: Subject,
    private readonly budget: ByteBudget,
    private readonly onRecord: (record: EgressRecord) => void,
  ) {}

  /** Counts what goes through it, towards the upstream or from it, and fails when the budget is spent. */
  meter(direction: 'sent' | 'received'): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.count(direction, chunk.length);
        if (this.budget.isSpent) done(overBudget());
        else done(null, chunk);
      },
    });
  }

  /** In both directions by now. */
  get bytes(): number {
    return this.bytesSent + this.bytesReceived;
  }

  count(direction: 'sent' | 'received', bytes: number): void {
    if (direction === 'sent') this.bytesSent += bytes;
    else this.bytesReceived += bytes;
    this.budget.spend(bytes);
    // Of a tunnel nobody sees how it was answered.
    if (direction === 'received' && (this.answer.status ?? 0) < 400) this.budget.answer(bytes);
  }

  answered(status: number, headers: Headers): void {
    const ms = retryAfterMs(headers['retry-after']);
    this.answer = { status, ...(ms === undefined ? {} : { retryAfterMs: ms }) };
  }

  waited(ms: number): void {
    this.line = { ...this.line, waitedMs: ms };
  }

  paused(ms: number): void {
    this.line = { ...this.line, pausedMs: ms };
  }

  end(fault?: EgressFault): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const { path, ...subject } = this.subject;
    this.onRecord({
      time: this.time,
      ...subject,
      ...(path !== undefined && { path: path.slice(0, MAX_PATH) }),
      verdict: fault?.verdict ?? 'ALLOWED',
      ...(fault !== undefined && { reason: fault.reason }),
      ...(fault?.suggestion !== undefined && { suggestion: fault.suggestion }),
      ...this.answer,
      ...this.line,
      bytesSent: this.bytesSent,
      bytesReceived: this.bytesReceived,
      durationMs: Math.round(performance.now() - this.started),
    });
  }
}

function overBudget(): EgressFault {
  return new EgressFault('REFUSED', 'BYTE_LIMIT', 'this sandbox may not transfer more');
}
