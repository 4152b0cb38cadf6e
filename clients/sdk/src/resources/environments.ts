import type { CreateEnvironmentInput, Environment } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource, type ListOptions } from './resource.js';

export class Environments extends Resource {
  create(input: CreateEnvironmentInput, options?: CallOptions): Promise<Environment> {
    return this.post('/v1/environments', input, options);
  }

  /** @param version absent: the newest */
  getById(id: string, version?: number, options?: CallOptions): Promise<Environment> {
    return this.get(`/v1/environments/${segment(id)}`, { version }, options);
  }

  listAll(options?: ListOptions): AsyncGenerator<Environment, void, undefined> {
    return this.list('/v1/environments', 'environments', {}, options);
  }
}
