import type {
  CreateRepositoryInput,
  ListRepositoriesFilter,
  Repository,
  ResourceRules,
  ReviewPolicy,
  SetResourceRulesInput,
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

  /** Which of its files are one for the whole of it, beside those that the platform knows. */
  resourceRules(id: string, options?: CallOptions): Promise<ResourceRules> {
    return this.get(`/v1/repositories/${segment(id)}/resourceRules`, {}, options);
  }

  setResourceRules(id: string, input: SetResourceRulesInput, options?: CallOptions): Promise<ResourceRules> {
    return this.put(`/v1/repositories/${segment(id)}/resourceRules`, input, options);
  }

  updateReviewPolicy(id: string, input: UpdateReviewPolicyInput, options?: CallOptions): Promise<ReviewPolicy> {
    return this.edit(`/v1/repositories/${segment(id)}/reviewPolicy`, input, options);
  }
}
