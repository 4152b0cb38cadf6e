import { Injectable } from '@nestjs/common';
import type { LandingActivities, LandingProbe } from '@heddle/contracts/workflows';
import { firstParents } from '@heddle/git';
import { DataSource, In, Not } from 'typeorm';
import { GitStores } from '../git-store/git-stores.js';
import { LANDED_VIA } from '../reconciliations/land-inputs.js';
import { LandingEntity } from './landing.entity.js';
import { MergeChain } from './merge-chain.js';

/** More landings than this since a change began are too many to search for the one that it does not get on with. */
const MOST_LANDINGS = 16;
const MOST_COMMITS = 64;

/** Merges that tell with which landing a red one does not get on: the landing onto each state of the branch since its base. */
@Injectable()
export class InteractionProbes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
    private readonly merges: MergeChain,
  ) {}

  async plan({ landingId, tip }: Parameters<LandingActivities['planProbes']>[0]): Promise<readonly LandingProbe[]> {
    const row = await this.dataSource.manager.findOneByOrFail(LandingEntity, { id: landingId });
    const landed = await this.landedSince(row, tip);
    const probes: LandingProbe[] = [];
    for (const { id, commit } of landed) {
      const merged = await this.merges.merge(commit, row);
      if (merged.clean !== true) return [];
      probes.push({ landingId: id, commit: merged.commit });
    }
    return probes;
  }

  /** The landings from the base to the tip, in their order; none where anything else is between them. */
  private async landedSince(row: LandingEntity, tip: string): Promise<readonly { id: string; commit: string }[]> {
    const at = { gitDir: this.stores.directory(row.repositoryId) };
    const commits = await firstParents(at, { from: row.baseCommit, to: tip, most: MOST_COMMITS });
    if (commits === undefined || commits.length === 0) return [];
    const rows = await this.dataSource.manager.findBy(LandingEntity, {
      queueId: row.queueId,
      state: 'LANDED',
      // Inputs of a reconciliation are on the branch by its landing.
      reason: Not(LANDED_VIA),
      commit: In([...commits]),
    });
    const landed = commits.flatMap((commit) => rows.filter((each) => each.commit === commit));
    if (landed.length > MOST_LANDINGS) return [];
    let reached = row.baseCommit;
    for (const { onto, commit } of landed) {
      if (onto !== reached || commit === null) return [];
      reached = commit;
    }
    return reached === tip ? landed.map(({ id, commit }) => ({ id, commit: commit ?? '' })) : [];
  }
}
