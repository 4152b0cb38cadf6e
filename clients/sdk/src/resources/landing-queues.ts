import type {
  LandingQueue,
  ListLandingQueuesFilter,
  PauseLandingQueueInput,
  UpdateLandingQueueInput,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource, type ListOptions } from './resource.js';

/** The paths of approved changes into branches. */
export class LandingQueues extends Resource {
  getById(id: string, options?: CallOptions): Promise<LandingQueue> {
    return this.get(`/v1/queues/${segment(id)}`, {}, options);
  }

  listAll(filter: ListLandingQueuesFilter = {}, options?: ListOptions): AsyncGenerator<LandingQueue, void, undefined> {
    return this.list('/v1/queues', 'queues', filter, options);
  }

  update(id: string, input: UpdateLandingQueueInput, options?: CallOptions): Promise<LandingQueue> {
    return this.edit(`/v1/queues/${segment(id)}`, input, options);
  }

  /** Landings wait, and nothing of them is tested or pushed, until it is resumed. */
  pause(id: string, message?: string, options?: CallOptions): Promise<LandingQueue> {
    const input: PauseLandingQueueInput = { message };
    return this.post(`/v1/queues/${segment(id)}:pause`, input, options);
  }

  resume(id: string, options?: CallOptions): Promise<LandingQueue> {
    return this.post(`/v1/queues/${segment(id)}:resume`, {}, options);
  }
}
