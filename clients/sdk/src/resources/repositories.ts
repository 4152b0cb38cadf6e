import type {
  CreateRepositoryInput,
  ListRepositoriesFilter,
  Repository,
  ReviewPolicy,
  UpdateReviewPolicyInput,
} from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource, type ListOptions } from './resource.js';

export class Repositories extends Resource {
  /** Registers a repository; what can't be reached or holds no commit is refused. */
  create(input: CreateRepositoryInput, options?: CallOptions): Promise<Repository> {
    return this.post('/v1/repositories', input, options);
  }

  getById(id: string, options?: CallOptions): Promise<Repository> {
    return this.get(`/v1/repositories/${segment(id)}`, {}, options);
  }

  listAll(filter: ListRepositoriesFilter = {}, options?: ListOptions): AsyncGenerator<Repository, void, undefined> {
    return this.list('/v1/repositories', 'repositories', filter, options);
  }

  /** What it asks of the reviews of its changes. */
  reviewPolicy(id: string, options?: CallOptions): Promise<ReviewPolicy> {
    return this.get(`/v1/repositories/${segment(id)}/reviewPolicy`, {}, options);
  }

  updateReviewPolicy(id: string, input: UpdateReviewPolicyInput, options?: CallOptions): Promise<ReviewPolicy> {
    return this.edit(`/v1/repositories/${segment(id)}/reviewPolicy`, input, options);
  }
}
