import { Repository, Repository_State } from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import type { RepositoryEntity } from '../persistence/repository.entity.js';

export function toRepository(row: RepositoryEntity): Repository {
  return Repository.fromPartial({
    id: row.id,
    name: row.name,
    url: row.url,
    state: Repository_State[row.state],
    defaultBranch: row.defaultBranch ?? undefined,
    credentialId: row.credentialId ?? '',
    defaultEnvironmentId: row.defaultEnvironmentId,
    statusDetail: row.statusDetail,
    statusMessage: row.statusMessage,
    createTime: row.createTime,
    syncTime: row.syncTime ?? undefined,
    revision: row.revision,
    etag: row.revision,
  });
}

export function repositoryJson(repository: Repository): unknown {
  return toCanonicalJson('heddle.v1.Repository', Repository, repository);
}
