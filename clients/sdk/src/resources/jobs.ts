import type { Job, ListJobsFilter } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { isJobEnded } from '../waiting/ended.js';
import { waitUntil, type WaitOptions } from '../waiting/wait-until.js';
import { Resource, type ListOptions } from './resource.js';

/** Long work that has no resource of its own. */
export class Jobs extends Resource {
  getById(id: string, options?: CallOptions): Promise<Job> {
    return this.get(`/v1/jobs/${segment(id)}`, {}, options);
  }

  listAll(filter: ListJobsFilter = {}, options?: ListOptions): AsyncGenerator<Job, void, undefined> {
    return this.list('/v1/jobs', 'jobs', filter, options);
  }

  cancel(id: string, options?: CallOptions): Promise<Job> {
    return this.post(`/v1/jobs/${segment(id)}:cancel`, {}, options);
  }

  /** Returns when it has ended: SUCCEEDED, FAILED or CANCELLED. */
  wait(id: string, options?: WaitOptions): Promise<Job> {
    return waitUntil(
      (timeout, call) => this.get<Job>(`/v1/jobs/${segment(id)}:wait`, { timeout }, call),
      isJobEnded,
      options,
    );
  }
}
