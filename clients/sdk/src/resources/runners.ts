import type { Runner } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource, type ListOptions } from './resource.js';

/** Hosts that take sandboxes. */
export class Runners extends Resource {
  getById(id: string, options?: CallOptions): Promise<Runner> {
    return this.get(`/v1/admin/runners/${segment(id)}`, {}, options);
  }

  /** It ends what it has and takes nothing new, until it is undrained. */
  drain(id: string, options?: CallOptions): Promise<Runner> {
    return this.post(`/v1/admin/runners/${segment(id)}:drain`, {}, options);
  }

  undrain(id: string, options?: CallOptions): Promise<Runner> {
    return this.post(`/v1/admin/runners/${segment(id)}:undrain`, {}, options);
  }

  listAll(options?: ListOptions): AsyncGenerator<Runner, void, undefined> {
    return this.list('/v1/admin/runners', 'runners', {}, options);
  }
}
