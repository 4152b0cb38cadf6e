import { Injectable } from '@nestjs/common';
import type { LandOutcome } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { formatOf, zeroId } from '@heddle/git';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource } from 'typeorm';
import { ForgeAwayError, ForgeRefusal, type Forge, type Proposal } from '../forges/forge.js';
import { Forges } from '../forges/forges.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { lockLandings, moveLanding, UNTESTED, type LandingFacts } from '../landings/move-landing.js';
import { TargetBranches } from '../landings/target-branch.js';
import { headBranch, proposalText } from './proposal-text.js';

/** Why nothing can be proposed, and could not be a minute later either. */
const FINAL: ReadonlySet<string> = new Set([
  'NO_FORGE',
  'CREDENTIAL_NOT_FOUND',
  'SECRET_UNREADABLE',
  'REPOSITORY_NOT_ALLOWED',
]);

/** Brings a tested commit to its own branch of the remote, and from there as a pull request to the forge, at most once. */
@Injectable()
export class Proposer {
  constructor(
    private readonly dataSource: DataSource,
    private readonly forges: Forges,
    private readonly targets: TargetBranches,
    private readonly bell: ChangeBell,
  ) {}

  /**
   * Of a landing that was moved to PUSHING; a repeat completes it, whatever became of it before.
   * @throws ForgeAwayError where it has to be tried again; the row says so meanwhile
   */
  async propose(row: LandingEntity): Promise<LandOutcome> {
    try {
      const forge = await this.forges.of(row.repositoryId);
      const head = headBranch(row.id);
      // Before the push: a request that was merged meanwhile may have lost its branch.
      const known = await forge.find(head, row.branch);
      if (known === undefined && !(await this.hasCommit(row))) return await this.move(row, 'QUEUED', UNTESTED);
      const proposal = known ?? (await this.open(forge, head, row));
      const { number, url } = proposal;
      return await this.move(row, 'PROPOSED', { reason: '', message: '', pullRequest: { number, url } });
    } catch (error) {
      if (error instanceof ForgeRefusal || (HeddleError.is(error) && FINAL.has(error.reason)))
        return this.move(row, 'EJECTED', { reason: 'TARGET_REJECTED', message: error.message });
      if (error instanceof ForgeAwayError || HeddleError.is(error)) await this.explain(row, error);
      throw error;
    }
  }

  /** A merge that was lost with the power is made anew. */
  private hasCommit({ repositoryId, branch, commit }: LandingEntity): Promise<boolean> {
    return this.targets.open(repositoryId, branch, (target) => target.hasCommit(commit ?? ''));
  }

  private async open(forge: Forge, head: string, row: LandingEntity): Promise<Proposal> {
    await this.push(head, row);
    const { title, body } = proposalText(row);
    try {
      return await forge.open({ head, base: row.branch, title, body });
    } catch (error) {
      // Of two tries at once the other one was faster.
      const made = error instanceof ForgeRefusal ? await forge.find(head, row.branch) : undefined;
      if (made === undefined) throw error;
      return made;
    }
  }

  private async push(head: string, { repositoryId, commit, id: landingId }: LandingEntity): Promise<void> {
    const tested = commit ?? '';
    const expectedOld = zeroId(formatOf(tested));
    const outcome = await this.targets.open(repositoryId, head, (target) =>
      target.push({ commit: tested, expectedOld, landingId }),
    );
    switch (outcome.kind) {
      case 'PUSHED':
      case 'UP_TO_DATE':
        return;
      case 'STALE':
        throw new ForgeRefusal(409, `The branch ${head} is there already, with another commit`);
      case 'REJECTED':
      case 'FAILED':
        throw new ForgeRefusal(403, outcome.text);
      case 'UNKNOWN':
        throw new ForgeAwayError(`the push of ${head} was not answered: ${outcome.text}`);
    }
  }

  private async move(
    seen: LandingEntity,
    state: 'PROPOSED' | 'EJECTED' | 'QUEUED',
    facts: LandingFacts,
  ): Promise<LandOutcome> {
    await this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [seen.id]);
      if (row?.state === 'PUSHING' && row.commit === seen.commit) await moveLanding(manager, row, state, facts);
    });
    this.bell.ring(seen.id);
    if (state === 'QUEUED') return { kind: 'MOVED' };
    // To the queue it is as if it had landed: nothing is left to do.
    return state === 'PROPOSED' ? { kind: 'LANDED', landed: 1 } : { kind: 'REFUSED' };
  }

  private async explain({ id }: LandingEntity, { message }: Error): Promise<void> {
    const facts = { reason: 'FORGE_UNREACHABLE', message };
    await this.dataSource.manager.update(LandingEntity, { id, state: 'PUSHING' }, facts);
  }
}
