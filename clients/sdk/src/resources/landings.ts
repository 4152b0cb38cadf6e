import type { CreateLandingInput, Landing, ListLandingsFilter } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { isLandingDone } from '../waiting/ended.js';
import { waitUntil, type WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

export class Landings extends Resource {
  /** Puts an approved change into the queue of its branch. */
  create(input: CreateLandingInput, options?: CallOptions): Promise<Landing> {
    return this.post('/v1/landings', input, options);
  }

  getById(id: string, options?: CallOptions): Promise<Landing> {
    return this.get(`/v1/landings/${segment(id)}`, {}, options);
  }

  listAll(filter: ListLandingsFilter = {}, options?: ListOptions): AsyncGenerator<Landing, void, undefined> {
    return this.list('/v1/landings', 'landings', filter, options);
  }

  /** Takes a landing out of the queue. While it is being pushed, the push decides first. */
  eject(id: string, options?: CallOptions): Promise<Landing> {
    return this.post(`/v1/landings/${segment(id)}:eject`, {}, options);
  }

  /** Returns when it is settled: LANDED, CONFLICTED or EJECTED. */
  wait(id: string, options?: WaitOptions): Promise<Landing> {
    return waitUntil(
      (timeout, call) => this.get<Landing>(`/v1/landings/${segment(id)}:wait`, { timeout }, call),
      isLandingDone,
      options,
    );
  }
}
