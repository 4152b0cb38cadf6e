import type { LogLine } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { eachRecordOnce } from '../streams/each-record-once.js';
import { resumingStream, type StreamOptions } from '../streams/resuming-stream.js';
import { Resource } from './resource.js';

/** Whose log: every sandbox belongs to an attempt, a landing or a job. */
export interface LogOwner {
  readonly kind: 'attempts' | 'landings' | 'jobs';
  readonly id: string;
}

export interface LogFilter {
  readonly streams?: readonly LogLine['stream'][];
  readonly phases?: readonly LogLine['phase'][];
  /** Name of one check. */
  readonly check?: string;
  /** Only the last so many lines of what is there. */
  readonly tail?: number;
}

export interface FollowFilter extends LogFilter {
  readonly afterSequence?: string;
}

export interface LogText {
  readonly body: AsyncIterable<Uint8Array>;
  /** True: the log has ended and all of it is here. */
  readonly complete: boolean;
}

export class Logs extends Resource {
  /** What is there so far, as printed; lines of the platform begin with `[heddle] `. */
  async text(owner: LogOwner, filter: LogFilter = {}, options?: CallOptions): Promise<LogText> {
    const call = { method: 'GET', path: path(owner), query: { ...filter }, accept: 'text/plain' } as const;
    const { headers, body } = await this.transport.open(call, options);
    return { body, complete: headers.get('heddle-log-complete') === 'true' };
  }

  /** Line by line to the end of the log, each line once and in order, also over a server's restart. */
  async *follow(
    owner: LogOwner,
    filter: FollowFilter = {},
    options: StreamOptions = {},
  ): AsyncGenerator<LogLine, void, undefined> {
    const call = { method: 'GET', path: path(owner), query: { ...filter } } as const;
    yield* eachRecordOnce<LogLine>(resumingStream(this.transport, call, options, ['tail']), filter.afterSequence);
  }
}

function path(owner: LogOwner): string {
  return `/v1/${owner.kind}/${segment(owner.id)}/logs`;
}
