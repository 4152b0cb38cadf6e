import { Injectable } from '@nestjs/common';
import { changedFiles, type ChangedFile } from '@heddle/git';
import { GitStores } from '../git-store/git-stores.js';
import { LruCache } from '../shared/lru-cache.js';

/** The files of changes, read from the git store once: between two commits they never differ. */
@Injectable()
export class ChangeFiles {
  private readonly cache = new LruCache<readonly ChangedFile[]>(512);

  constructor(private readonly stores: GitStores) {}

  of(repositoryId: string, base: string, head: string): Promise<readonly ChangedFile[]> {
    return this.cache.get(`${repositoryId} ${base} ${head}`, () =>
      changedFiles({ gitDir: this.stores.directory(repositoryId) }, base, head),
    );
  }
}
