import { Inject, Injectable } from '@nestjs/common';
import { isTrialEnded } from '@heddle/domain';
import { listRefs } from '@heddle/git';
import { isId } from '@heddle/platform/ids';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { DataSource, In, IsNull } from 'typeorm';
import { GitStores } from '../git-store/git-stores.js';
import { createOnce, dropOnce } from '../git-store/own-refs.js';
import { TRIAL_REFS, trialRef } from '../git-store/ref-names.js';
import { TrialEntity } from './trial.entity.js';

/** Holds the trees of trials in their stores for as long as they may run: most are nobody's change. */
@Injectable()
export class TrialRefs {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** One that has ended needs none. */
  async keep({ id, repositoryId, commit, state }: TrialEntity): Promise<void> {
    if (!isTrialEnded(state)) await createOnce(this.stores.directory(repositoryId), trialRef(id), commit);
  }

  /** Gives open trials the ref that a crash left out, and drops those of trials that have ended. */
  async reconcile(): Promise<void> {
    const repositories: { repository_id: string }[] = await this.dataSource.query(
      `SELECT DISTINCT repository_id FROM trials WHERE end_time IS NULL OR end_time > now() - interval '1 day'`,
    );
    for (const { repository_id: repositoryId } of repositories) {
      try {
        await this.reconcileStore(repositoryId);
      } catch (error) {
        // A store that cannot be read is one repository's harm.
        this.logger.warn({ err: error, repositoryId }, 'the refs of trials could not be put right; tried again');
      }
    }
  }

  private async reconcileStore(repositoryId: string): Promise<void> {
    const gitDir = this.stores.directory(repositoryId);
    // Read before the rows: a ref is made after its row, so that one whose trial is not open has had its time.
    const refs = await listRefs(gitDir, TRIAL_REFS);
    const ids = refs.map(({ ref }) => ref.slice(TRIAL_REFS.length)).filter(isId);
    const { manager } = this.dataSource;
    const rows = await manager.findBy(TrialEntity, [{ id: In(ids) }, { repositoryId, endTime: IsNull() }]);
    const open = new Set(rows.filter(({ state }) => !isTrialEnded(state)).map(({ id }) => trialRef(id)));
    for (const { ref, id } of refs) if (!open.has(ref)) await dropOnce(gitDir, ref, id);
    for (const row of rows) await this.keep(row);
  }
}
