import type { CreateCredentialInput, Credential, UpdateCredentialInput } from '../models.js';
import { segment } from '../http/query.js';
import type { CallOptions } from '../http/transport.js';
import { Resource, type ListOptions } from './resource.js';

const PATH = '/v1/admin/credentials';

/** For operators: what agents reach their models by. No answer has a value. */
export class Credentials extends Resource {
  create(input: CreateCredentialInput, options?: CallOptions): Promise<Credential> {
    return this.post(PATH, input, options);
  }

  getById(id: string, options?: CallOptions): Promise<Credential> {
    return this.get(`${PATH}/${segment(id)}`, {}, options);
  }

  listAll(filter: { readonly name?: string } = {}, options?: ListOptions): AsyncGenerator<Credential, void, undefined> {
    return this.list(PATH, 'credentials', filter, options);
  }

  /** Replaces the fields that the input has; sandboxes that run keep what they were given. */
  update(id: string, input: UpdateCredentialInput, options?: CallOptions): Promise<Credential> {
    return this.edit(`${PATH}/${segment(id)}`, input, options);
  }

  /** Refused with CREDENTIAL_IN_USE while an attempt that uses it has not ended. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.remove(`${PATH}/${segment(id)}`, options);
  }
}
