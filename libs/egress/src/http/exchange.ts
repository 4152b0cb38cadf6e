import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { withoutQuery } from '../grant/path-prefix.js';
import type { OpenRecord, Recorder } from '../record/recorder.js';
import { EgressFault } from '../routing/egress-fault.js';
import type { RequestTarget } from './request-target.js';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

/** A request of the sandbox, and what is on record of it: one record for each time that it is sent. */
export class Exchange {
  readonly method: string;
  private current: OpenRecord;
  private readonly abort = new AbortController();

  constructor(
    private readonly recorder: Recorder,
    readonly request: AnyRequest,
    readonly response: AnyResponse,
    readonly target: RequestTarget,
  ) {
    this.method = request.method ?? '';
    this.current = this.begin();
    response.on('close', () => {
      if (!response.writableFinished) this.giveUp(new EgressFault('FAILED', 'CLIENT_ABORTED', 'the client went away'));
    });
  }

  /** Of the try that is going on. */
  get record(): OpenRecord {
    return this.current;
  }

  /** Nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  giveUp(fault: EgressFault): void {
    this.current.end(fault);
    this.abort.abort();
  }

  /** The last try is over, another one begins. */
  again(): void {
    this.current.end();
    this.current = this.begin();
  }

  private begin(): OpenRecord {
    const { host, port, scheme, path } = this.target;
    return this.recorder.begin({ host, port, scheme, method: this.method, path: withoutQuery(path) });
  }
}
