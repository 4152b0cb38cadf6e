import { Injectable } from '@nestjs/common';
import { CODE_OWNERS_PATHS, CodeOwners, isCiDefinition, MAX_CODE_OWNERS_BYTES, type OwnedPath } from '@heddle/domain';
import { lookUp, readBlob, REMOTE_HEADS, showPath } from '@heddle/git';
import type { EntityManager } from 'typeorm';
import { ChangeFiles } from '../changes/change-files.js';
import type { ChangeEntity } from '../changes/change.entity.js';
import { GitStores } from '../git-store/git-stores.js';
import { LruCache } from '../shared/lru-cache.js';

/** Whose the files of a change are, by the code owners file of the branch that it goes into: never by the change's own. */
@Injectable()
export class OwnedFiles {
  private readonly parsed = new LruCache<CodeOwners>(64);

  constructor(
    private readonly stores: GitStores,
    private readonly files: ChangeFiles,
  ) {}

  /**
   * Both names of what was renamed: who owned a file before has a say too.
   * @param tip of the target branch; absent: as it was last fetched
   */
  async of(manager: EntityManager, change: ChangeEntity, codeOwners: boolean, tip?: string): Promise<OwnedPath[]> {
    const files = await this.files.of(change.repositoryId, change.baseCommit, change.headCommit);
    const owners = codeOwners
      ? await this.ownersAt(change.repositoryId, tip ?? (await this.lastTip(manager, change)))
      : CodeOwners.none;
    return files
      .flatMap(({ path, oldPath }) => (oldPath === undefined ? [path] : [path, oldPath]))
      .map((bytes) => {
        const { path } = showPath(bytes);
        return { path, owners: owners.ownersOf(path), isCiDefinition: isCiDefinition(path) };
      });
  }

  /** A branch that is not there yet begins at the change's base. */
  private async lastTip(
    manager: EntityManager,
    { repositoryId, sourceBranch, baseCommit }: ChangeEntity,
  ): Promise<string> {
    const { defaultBranch } = await this.stores.repository(repositoryId, manager);
    const ref = `${REMOTE_HEADS}${sourceBranch || defaultBranch}`;
    const [tip] = await lookUp({ gitDir: this.stores.directory(repositoryId) }, [ref]);
    return tip?.id ?? baseCommit;
  }

  private ownersAt(repositoryId: string, commit: string): Promise<CodeOwners> {
    return this.parsed.get(`${repositoryId} ${commit}`, async () => {
      for (const path of CODE_OWNERS_PATHS) {
        const at = { gitDir: this.stores.directory(repositoryId) };
        const file = await readBlob(at, `${commit}:${path}`, MAX_CODE_OWNERS_BYTES);
        if (file !== undefined) return CodeOwners.parse(file.toString('utf8'));
      }
      return CodeOwners.none;
    });
  }
}
