import { rm } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import type {
  ResolveCommitRequest,
  ResolveCommitResponse,
  SyncRepositoryRequest,
  SyncRepositoryResponse,
} from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import {
  ensureBareStore,
  fetchRemote,
  isObjectId,
  isRefName,
  lookUp,
  readRemoteHead,
  readRemoteRefs,
  resolveRevision,
  updateRefs,
} from '@heddle/git';
import { DataSource } from 'typeorm';
import { requireId } from '@heddle/platform/ids';
import { GitStores } from './git-stores.js';
import { RepositoryEntity } from './repository.entity.js';
import { baseRef } from './ref-names.js';

/** Brings what remotes have into the stores and freezes what batches start from. */
@Injectable()
export class RepositorySyncService {
  constructor(
    private readonly stores: GitStores,
    private readonly dataSource: DataSource,
  ) {}

  async sync({ repositoryId, url, credentialId: given }: SyncRepositoryRequest): Promise<SyncRepositoryResponse> {
    const id = requireId(repositoryId, 'REPOSITORY_NOT_FOUND', 'repository');
    const credentialId = given === '' ? null : given;
    return this.stores.exclusively(id, async () => {
      const directory = this.stores.directory(id);
      const known = await this.dataSource.manager.existsBy(RepositoryEntity, { id });
      try {
        const head = await this.stores.remote({ url, credentialId }, async (remote) => {
          const found = await readRemoteHead(remote);
          await ensureBareStore(directory, found.format);
          await fetchRemote(directory, remote, { defaultBranch: found.branch });
          return found;
        });
        const headCommit = await resolveRevision(directory, `refs/heads/${head.branch}`);
        const { branch: defaultBranch, format: objectFormat } = head;
        const row = { id, url, credentialId, defaultBranch, objectFormat, syncTime: new Date() };
        await this.dataSource.manager.upsert(RepositoryEntity, row, ['id']);
        return { defaultBranch: head.branch, headCommit };
      } catch (error) {
        // Nothing refers to a store that no registration came to know.
        if (!known) await rm(directory, { recursive: true, force: true });
        throw error;
      }
    });
  }

  async resolve({ repositoryId, ref }: ResolveCommitRequest): Promise<ResolveCommitResponse> {
    const repository = await this.stores.repository(repositoryId);
    const directory = this.stores.directory(repository.id);
    const name = ref === '' ? repository.defaultBranch : ref;
    if (isObjectId(name) && (await this.pinIfStored(directory, name))) return { commit: name, branch: '' };
    return this.resolveAtRemote(repository, directory, name);
  }

  /** False when the store lacks the commit; otherwise it has a ref from then on. */
  private async pinIfStored(directory: string, id: string): Promise<boolean> {
    const [entry, pinned] = await lookUp({ gitDir: directory }, [id, baseRef(id)]);
    if (entry?.type !== 'commit') return false;
    if (pinned === undefined) await this.pin(directory, id);
    return true;
  }

  /** Asks the remote what the name is now, and fetches only what the store lacks. */
  private async resolveAtRemote(
    repository: RepositoryEntity,
    directory: string,
    name: string,
  ): Promise<ResolveCommitResponse> {
    return this.stores.remote(repository, async (remote) => {
      const candidates = refCandidates(name);
      const refs = candidates.length === 0 ? new Map<string, string>() : await readRemoteRefs(remote, candidates);
      const ref = candidates.find((candidate) => refs.has(candidate));
      if (ref === undefined && !/^[0-9a-f]{7,64}$/.test(name)) throw refNotFound(name);
      const branch = ref?.startsWith('refs/heads/') === true ? ref.slice('refs/heads/'.length) : '';
      const tip = ref === undefined ? undefined : refs.get(ref);
      if (tip !== undefined && (await this.pinIfStored(directory, tip))) return { commit: tip, branch };
      await this.stores.exclusively(repository.id, () =>
        fetchRemote(directory, remote, { defaultBranch: repository.defaultBranch }),
      );
      const commit = await resolveRevision(directory, ref ?? name);
      await this.pin(directory, commit);
      return { commit, branch };
    });
  }

  /** A rewritten remote history must never take a frozen base away. */
  private async pin(directory: string, commit: string): Promise<void> {
    try {
      await updateRefs(directory, [{ kind: 'create', ref: baseRef(commit), id: commit }]);
    } catch (error) {
      if (!HeddleError.is(error) || error.reason !== 'VERSION_CONFLICT') throw error;
    }
  }
}

function refCandidates(name: string): string[] {
  if (!isRefName(name)) return [];
  return name.startsWith('refs/heads/') || name.startsWith('refs/tags/')
    ? [name]
    : [`refs/heads/${name}`, `refs/tags/${name}`];
}

function refNotFound(name: string): HeddleError {
  const shown = name.slice(0, 255);
  return new HeddleError('REF_NOT_FOUND', `The repository has no branch, tag or commit ${JSON.stringify(shown)}`, {
    metadata: { ref: shown },
  });
}
