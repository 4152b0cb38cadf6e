import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { HeddleError } from '@heddle/domain';
import { allowedHost, withRemote, type Remote, type RemotePolicy } from '@heddle/git';
import { DataSource } from 'typeorm';
import type { ReviewConfig } from '../config.js';
import { requireId } from '@heddle/platform/ids';
import { KeyedLock } from '../shared/keyed-lock.js';
import { CONFIG } from '../shared/tokens.js';
import { GitCredentials } from './git-credentials.js';
import { repositoryRoots } from './repository-roots.js';
import { RepositoryEntity } from './repository.entity.js';

/** Beside a token every forge takes any name; GitHub's apps want this one. */
const TOKEN_USER = 'x-access-token';

/** Where the bare store of each repository is, and the only way to its remote. */
@Injectable()
export class GitStores {
  private readonly locks = new KeyedLock();
  private readonly policy: RemotePolicy;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: ReviewConfig,
    private readonly credentials: GitCredentials,
  ) {
    const roots = repositoryRoots(config);
    this.policy = { ...(roots === undefined ? {} : { roots }), privateHosts: config.HEDDLE_REPOSITORY_HOSTS ?? [] };
  }

  /** `id` was checked to be a UUID. */
  directory(id: string): string {
    return join(this.config.HEDDLE_DATA_DIR, 'git', `${id}.git`);
  }

  /**
   * @param manager of the caller's transaction: one that waits for a second connection may wait for ever
   * @throws HeddleError REPOSITORY_NOT_FOUND
   */
  async repository(id: string, manager = this.dataSource.manager): Promise<RepositoryEntity> {
    requireId(id, 'REPOSITORY_NOT_FOUND', 'repository');
    const row = await manager.findOneBy(RepositoryEntity, { id });
    if (row === null)
      throw new HeddleError('REPOSITORY_NOT_FOUND', `There is no repository ${id}`, { metadata: { id } });
    return row;
  }

  async remote<T>(
    { url, credentialId }: Pick<RepositoryEntity, 'url' | 'credentialId'>,
    work: (remote: Remote) => Promise<T>,
  ): Promise<T> {
    const credential = await this.credentials.open(credentialId);
    if (credential === undefined) return withRemote(url, this.policy, work);
    const { baseUrl, value } = credential;
    return withRemote(url, this.policy, work, { baseUrl, user: TOKEN_USER, password: value });
  }

  /** The address to connect to for a URL of http or https. @throws HeddleError REPOSITORY_NOT_ALLOWED, REPOSITORY_UNREACHABLE */
  addressOf(url: string): Promise<string> {
    const { protocol, hostname } = new URL(url);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    return allowedHost(protocol === 'https:' ? 'https' : 'http', host, this.policy);
  }

  /** One fetch per store at a time: two would race for the same refs. */
  exclusively<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.locks.run(id, work);
  }
}
