import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import type { AgentActivity } from '../models.js';
import { eachRecordOnce } from '../streams/each-record-once.js';
import { resumingStream, type StreamOptions } from '../streams/resuming-stream.js';
import { Resource } from './resource.js';

export interface ActivityFilter {
  readonly kinds?: readonly AgentActivity['kind'][];
  /** Only the last so many of what is there. */
  readonly tail?: number;
}

/** What agents did, where their output tells it. */
export class Activities extends Resource {
  /** What is there so far. */
  async *soFar(
    attemptId: string,
    filter: ActivityFilter = {},
    options?: CallOptions,
  ): AsyncGenerator<AgentActivity, void, undefined> {
    const call = {
      method: 'GET',
      path: path(attemptId),
      query: { ...filter },
      accept: 'application/x-ndjson',
    } as const;
    const { body } = await this.transport.open(call, options);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as AgentActivity;
    }
  }

  /** To the end of the attempt's last turn, each once and in order, also over a server's restart. */
  async *follow(
    attemptId: string,
    filter: ActivityFilter = {},
    options: StreamOptions = {},
  ): AsyncGenerator<AgentActivity, void, undefined> {
    const call = { method: 'GET', path: path(attemptId), query: { ...filter } } as const;
    yield* eachRecordOnce<AgentActivity>(resumingStream(this.transport, call, options, ['tail']));
  }
}

function path(attemptId: string): string {
  return `/v1/attempts/${segment(attemptId)}/activities`;
}
