import { Inject, Injectable } from '@nestjs/common';
import {
  CreateCredentialRequest,
  Credential,
  type DeleteCredentialRequest,
  type ListCredentialsRequest,
  type ListCredentialsResponse,
  type UpdateCredentialRequest,
} from '@heddle/contracts';
import type { GitCredential } from '@heddle/contracts/internal';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { newId, requireId } from '@heddle/platform/ids';
import { answerOnce, appendEvent } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import type { SchedulerConfig } from '../config.js';
import { AttemptEntity } from '../persistence/attempt.entity.js';
import { CredentialEntity } from '../persistence/credential.entity.js';
import { RepositoryEntity } from '../persistence/repository.entity.js';
import { makeFirstKey } from '../secrets/first-key.js';
import type { KeyProvider } from '../secrets/key-provider.js';
import { CONFIG, KEY_PROVIDER } from '../shared/tokens.js';
import { changesOf } from './credential-changes.js';
import { openCredential, sealCredential } from './credential-envelope.js';
import { credentialEvent, toCredential } from './credential.mapper.js';
import { validCredential } from './credential-violations.js';

/** What agents reach their models by, and review its remotes, for operators: made, named, changed, removed, never shown. */
@Injectable()
export class CredentialService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(KEY_PROVIDER) private readonly keys: KeyProvider,
    @Inject(CONFIG) private readonly config: Pick<SchedulerConfig, 'HEDDLE_EGRESS_PRIVATE_HOSTS'>,
  ) {}

  async create(request: CreateCredentialRequest): Promise<Credential> {
    const recipe = validCredential(request, request.value, this.config.HEDDLE_EGRESS_PRIVATE_HOSTS);
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.AccessService/CreateCredential',
        requestId: request.requestId,
        // Even a hash of it would let short values be guessed.
        request: { ...request, value: '' },
        requestCodec: CreateCredentialRequest,
        responseCodec: Credential,
      },
      () => Promise.resolve(),
      async (manager) => {
        await keepRotationOut(manager);
        await refuseTakenName(manager, recipe.name);
        await makeFirstKey(manager, this.keys);
        const header = { ...recipe, id: newId() };
        const now = new Date();
        const row = manager.create(CredentialEntity, {
          ...header,
          ...(await sealCredential(this.keys, header, request.value)),
          createTime: now,
          updateTime: now,
          revision: '1',
          cooldownEndTime: null,
        });
        await manager.insert(CredentialEntity, row);
        await appendEvent(manager, credentialEvent(row, 'created'));
        return toCredential(row);
      },
    );
  }

  async get(id: string): Promise<Credential> {
    requireId(id, 'CREDENTIAL_NOT_FOUND', 'credential');
    const row = await this.dataSource.manager.findOneBy(CredentialEntity, { id });
    if (row === null) throw notFound(id);
    return toCredential(row);
  }

  /** With its value, for who speaks to the remote. @throws HeddleError CREDENTIAL_NOT_FOUND, SECRET_UNREADABLE */
  async openGit(id: string): Promise<GitCredential> {
    requireId(id, 'CREDENTIAL_NOT_FOUND', 'credential');
    const row = await this.dataSource.manager.findOneBy(CredentialEntity, { id, kind: 'GIT' });
    if (row === null) throw notFound(id);
    return { id, provider: row.provider, baseUrl: row.baseUrl, value: await openCredential(this.keys, row) };
  }

  async list(request: ListCredentialsRequest): Promise<ListCredentialsResponse> {
    const size = pageSize(request.pageSize);
    const filters = { name: request.name };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(CredentialEntity, 'c')
      .orderBy('c.id', 'DESC')
      .limit(size + 1);
    if (request.name !== '') query.andWhere('c.name = :name', { name: request.name });
    if (after !== undefined) query.andWhere('c.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      credentials: page.map(toCredential),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  /** @throws HeddleError CREDENTIAL_NOT_FOUND, VERSION_CONFLICT, NAME_TAKEN, FIELD_INVALID */
  async update(request: UpdateCredentialRequest): Promise<Credential> {
    const wanted = request.credential;
    if (wanted === undefined) throw fieldInvalid([{ field: 'credential', description: 'is required' }]);
    return this.dataSource.transaction(async (manager) => {
      await keepRotationOut(manager);
      const row = await lockCredential(manager, wanted.id);
      expectEtag(row, wanted.etag);
      const { recipe, value } = changesOf(row, wanted, request.updateMask, this.config.HEDDLE_EGRESS_PRIVATE_HOSTS);
      if (recipe.name !== row.name) await refuseTakenName(manager, recipe.name);
      Object.assign(row, recipe);
      if (value !== undefined) Object.assign(row, await sealCredential(this.keys, row, value));
      row.updateTime = new Date();
      row.revision = String(BigInt(row.revision) + 1n);
      await manager.save(CredentialEntity, row);
      await appendEvent(manager, credentialEvent(row, 'updated'));
      return toCredential(row);
    });
  }

  /** @throws HeddleError CREDENTIAL_NOT_FOUND, VERSION_CONFLICT, CREDENTIAL_IN_USE */
  async delete({ id, etag }: DeleteCredentialRequest): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const row = await lockCredential(manager, id);
      expectEtag(row, etag);
      const repository = await manager.findOneBy(RepositoryEntity, { credentialId: id });
      if (repository !== null)
        throw new HeddleError('CREDENTIAL_IN_USE', `The repository ${repository.name} has the credential ${row.name}`, {
          metadata: { id, name: row.name, repositoryId: repository.id },
        });
      const attempts = await manager.countBy(AttemptEntity, { credentialId: id, endTime: IsNull() });
      if (attempts > 0)
        throw new HeddleError(
          'CREDENTIAL_IN_USE',
          `${String(attempts)} attempts that have not ended use the credential ${row.name}; wait for them or cancel them`,
          { metadata: { id, name: row.name, attempts: String(attempts) } },
        );
      row.revision = String(BigInt(row.revision) + 1n);
      await manager.delete(CredentialEntity, { id });
      await appendEvent(manager, credentialEvent(row, 'deleted'));
    });
  }
}

/** A rotation must not miss a value that is sealed by the key before it: it waits for this, and this for it. */
async function keepRotationOut(manager: EntityManager): Promise<void> {
  await manager.query('LOCK TABLE credentials IN ROW EXCLUSIVE MODE');
}

async function lockCredential(manager: EntityManager, id: string): Promise<CredentialEntity> {
  requireId(id, 'CREDENTIAL_NOT_FOUND', 'credential');
  const row = await manager.findOne(CredentialEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (row === null) throw notFound(id);
  return row;
}

function expectEtag({ revision }: CredentialEntity, etag: string): void {
  if (etag === '' || etag === revision) return;
  throw new HeddleError('VERSION_CONFLICT', 'The credential was edited meanwhile; read it again and repeat', {
    metadata: { etag: revision },
  });
}

async function refuseTakenName(manager: EntityManager, name: string): Promise<void> {
  const taken = await manager.findOneBy(CredentialEntity, { name });
  if (taken === null) return;
  throw new HeddleError('NAME_TAKEN', `There is a credential with the name ${name} already`, {
    metadata: { name, id: taken.id },
  });
}

function notFound(id: string): HeddleError {
  return new HeddleError('CREDENTIAL_NOT_FOUND', `There is no credential ${id}`, { metadata: { id } });
}
