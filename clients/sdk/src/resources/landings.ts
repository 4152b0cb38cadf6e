import type {
  CreateLandingInput,
  Landing,
  LandingExplanation,
  ListLandingsFilter,
  MoveLandingInput,
} from '../models.js';
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

  /** Gives it another place or priority in its queue. */
  move(id: string, input: MoveLandingInput, options?: CallOptions): Promise<Landing> {
    return this.post(`/v1/landings/${segment(id)}:move`, input, options);
  }

  /** Takes back what it brought, by a landing of its own, which is returned. */
  revert(id: string, options?: CallOptions): Promise<Landing> {
    return this.post(`/v1/landings/${segment(id)}:revert`, {}, options);
  }

  /** Who is ahead of it, and what is in its way. */
  explain(id: string, options?: CallOptions): Promise<LandingExplanation> {
    return this.get(`/v1/landings/${segment(id)}:explain`, {}, options);
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
