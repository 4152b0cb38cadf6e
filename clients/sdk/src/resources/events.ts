import type { HeddleEvent } from '../models.js';
import { resumingStream, type StreamOptions } from '../streams/resuming-stream.js';
import { Resource } from './resource.js';

export interface EventFilter {
  /** Absent: from now on. */
  readonly afterCursor?: string;
  readonly batchId?: string;
  /** For example `attempt.completed`; a trailing `*` matches all below. */
  readonly types?: readonly string[];
}

export class Events extends Resource {
  /**
   * Events as they happen, at least once, in order per subject; goes on behind its cursor after a break. Open it before
   * you list resources and drop what is not newer by `revision`: then nothing is missed.
   */
  async *stream(filter: EventFilter = {}, options: StreamOptions = {}): AsyncGenerator<HeddleEvent, void, undefined> {
    const call = { method: 'GET', path: '/v1/events', query: { ...filter } } as const;
    for await (const frame of resumingStream(this.transport, call, options)) {
      yield JSON.parse(frame.data) as HeddleEvent;
    }
  }
}
