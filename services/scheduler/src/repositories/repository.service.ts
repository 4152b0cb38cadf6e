import { Inject, Injectable } from '@nestjs/common';
import {
  CreateEnvironmentRequest,
  CreateRepositoryRequest,
  Repository,
  type ListRepositoriesRequest,
  type ListRepositoriesResponse,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError, type FieldViolation } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { appendEvent, answerOnce, oncePerRequest } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, type EntityManager } from 'typeorm';
import { gitCredentialOf } from '../credentials/git-credential.js';
import { createEnvironment } from '../environments/create-environment.js';
import { RepositoryEntity } from '../persistence/repository.entity.js';
import { newId, requireId } from '@heddle/platform/ids';
import { GIT_STORE, type GitStore } from '../shared/tokens.js';
import { repositoryJson, toRepository } from './repository.mapper.js';

/** The first fetch of a large remote takes its time; the gateway's own deadline ends the wait before this one does. */
const FIRST_FETCH_MS = 15 * 60_000;
const METHOD = 'heddle.v1.RepositoryService/CreateRepository';

@Injectable()
export class RepositoryService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(GIT_STORE) private readonly gitStore: GitStore,
  ) {}

  /** Looks at the remote first: what can't be reached or has no commit is refused with review's reason. */
  async create(request: CreateRepositoryRequest): Promise<Repository> {
    validate(request);
    return answerOnce(
      this.dataSource,
      {
        method: METHOD,
        requestId: request.requestId,
        request,
        requestCodec: CreateRepositoryRequest,
        responseCodec: Repository,
      },
      async () => {
        await this.refuseTakenName(this.dataSource.manager, request.name);
        const credential = await gitCredentialOf(this.dataSource.manager, request);
        const id = await this.idOf(request);
        const { defaultBranch } = await this.gitStore.syncRepository(
          { repositoryId: id, url: request.url, credentialId: credential?.id ?? '' },
          { deadlineMs: FIRST_FETCH_MS },
        );
        return { id, defaultBranch, credentialId: credential?.id ?? null };
      },
      (manager, synced) => this.insert(manager, request, synced),
    );
  }

  /** A repeat while the first fetch is under way, or after a crash in it, fetches into the same store. */
  private async idOf({ requestId, url }: CreateRepositoryRequest): Promise<string> {
    const principal = requestContext.get()?.principal ?? '';
    const key = { principal, method: `${METHOD} of ${url}`, requestId, body: Buffer.of() };
    const id = await this.dataSource.transaction((manager) =>
      oncePerRequest(manager, key, () => Promise.resolve(Buffer.from(newId()))),
    );
    return Buffer.from(id).toString();
  }

  async get(id: string): Promise<Repository> {
    return toRepository(await this.row(id));
  }

  async row(id: string): Promise<RepositoryEntity> {
    requireId(id, 'REPOSITORY_NOT_FOUND', 'repository');
    const row = await this.dataSource.manager.findOneBy(RepositoryEntity, { id });
    if (row === null)
      throw new HeddleError('REPOSITORY_NOT_FOUND', `There is no repository ${id}`, { metadata: { id } });
    return row;
  }

  async list(request: ListRepositoriesRequest): Promise<ListRepositoriesResponse> {
    const size = pageSize(request.pageSize);
    const filters = { name: request.name };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(RepositoryEntity, 'r')
      .orderBy('r.id', 'DESC')
      .limit(size + 1);
    if (request.name !== '') query.andWhere('r.name = :name', { name: request.name });
    if (after !== undefined) query.andWhere('r.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      repositories: page.map(toRepository),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  private async insert(
    manager: EntityManager,
    request: CreateRepositoryRequest,
    {
      id,
      defaultBranch,
      credentialId,
    }: { readonly id: string; readonly defaultBranch: string; readonly credentialId: string | null },
  ): Promise<Repository> {
    await this.refuseTakenName(manager, request.name);
    const { environment } = await createEnvironment(
      manager,
      CreateEnvironmentRequest.fromPartial({ name: `${request.name} (default)` }),
    );
    const now = new Date();
    const row = manager.create(RepositoryEntity, {
      id,
      name: request.name,
      url: request.url,
      credentialId,
      state: 'ACTIVE',
      defaultBranch,
      defaultEnvironmentId: environment.id,
      statusDetail: '',
      statusMessage: '',
      createTime: now,
      syncTime: now,
      revision: '1',
    });
    await manager.insert(RepositoryEntity, row);
    const repository = toRepository(row);
    await appendEvent(manager, {
      aggregate: 'repository',
      id,
      version: 1,
      type: 'repository.active',
      data: repositoryJson(repository),
    });
    return repository;
  }

  private async refuseTakenName(manager: EntityManager, name: string): Promise<void> {
    const taken = await manager.findOneBy(RepositoryEntity, { name });
    if (taken === null) return;
    throw new HeddleError('NAME_TAKEN', `A repository with the name ${name} is registered already`, {
      metadata: { name, id: taken.id },
    });
  }
}

function validate(request: CreateRepositoryRequest): void {
  const violations: FieldViolation[] = [];
  if (!/^[\w.-]{1,100}$/.test(request.name)) {
    violations.push({ field: 'name', description: 'must be 1 to 100 letters, digits, dots, dashes or underscores' });
  }
  if (request.url === '')
    violations.push({ field: 'url', description: 'is required: an https or ssh URL, or a path of the host' });
  if (violations.length > 0) throw fieldInvalid(violations);
}
