import type {
  CreateEnvironmentInput,
  Environment,
  EnvironmentSecret,
  Job,
  SecretKeyRotation,
  SetEnvironmentSecretInput,
  UpdateEnvironmentInput,
  ValidateEnvironmentInput,
} from '../models.js';
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

  /** Makes a new version with the fields of the input replaced. */
  update(id: string, input: UpdateEnvironmentInput, options?: CallOptions): Promise<Environment> {
    return this.edit(`/v1/environments/${segment(id)}`, input, options);
  }

  /** Set-up layers made so far are not used again. */
  resetCache(id: string, options?: CallOptions): Promise<Environment> {
    return this.post(`/v1/environments/${segment(id)}:resetCache`, {}, options);
  }

  /** A dry run of the set-up at a commit of the repository: a job, whose log tells how it goes. */
  validate(id: string, input: ValidateEnvironmentInput, options?: CallOptions): Promise<Job> {
    return this.post(`/v1/environments/${segment(id)}:validate`, input, options);
  }

  /** Without values, which the server never shows. */
  async listSecrets(id: string, options?: CallOptions): Promise<readonly EnvironmentSecret[]> {
    const answer = await this.get<{ secrets: EnvironmentSecret[] }>(secretsPath(id), {}, options);
    return answer.secrets;
  }

  /** Sets or replaces; sandboxes that run keep what they were given. */
  setSecret(
    id: string,
    name: string,
    input: SetEnvironmentSecretInput,
    options?: CallOptions,
  ): Promise<EnvironmentSecret> {
    return this.put(`${secretsPath(id)}/${segment(name)}`, input, options);
  }

  deleteSecret(id: string, name: string, options?: CallOptions): Promise<void> {
    return this.remove(`${secretsPath(id)}/${segment(name)}`, options);
  }

  /** For operators: puts the secrets of all environments under a new key. */
  rotateSecretKeys(options?: CallOptions): Promise<SecretKeyRotation> {
    return this.post('/v1/admin/secrets:rotate', {}, options);
  }
}

function secretsPath(id: string): string {
  return `/v1/environments/${segment(id)}/secrets`;
}
