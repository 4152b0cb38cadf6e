import { Injectable } from '@nestjs/common';
import type { LandOutcome } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { formatOf, zeroId } from '@heddle/git';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource } from 'typeorm';
import { ForgeAwayError, ForgeRefusal, type Forge, type Proposal } from '../forges/forge.js';
import { Forges } from '../forges/forges.js';
import { LandingEntity, type PullRequestRef } from '../landings/landing.entity.js';
import { lockLandings, moveLanding, UNTESTED, type LandingFacts } from '../landings/move-landing.js';
import { TargetBranches } from '../landings/target-branch.js';
import { HEAD_BRANCH_MOVED } from './proposal-reasons.js';
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
      if (row.pullRequest !== null) return await this.renew(forge, row, row.pullRequest);
      // Before the push: a request that was merged meanwhile may have lost its branch.
      const known = await forge.find(headBranch(row.id), row.branch);
      if (known === undefined && !(await this.hasCommit(row))) return await this.move(row, 'QUEUED', UNTESTED);
      const { number, url } = known ?? (await this.open(forge, row));
      return await this.move(row, 'PROPOSED', proposed(row, { number, url }));
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

  private async open(forge: Forge, row: LandingEntity): Promise<Proposal> {
    const head = headBranch(row.id);
    if (!(await this.push(row, zeroId(formatOf(row.commit ?? '')))))
      throw new ForgeRefusal(409, `The branch ${head} is there already, with another commit`);
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

  /** Brings an open request up to date: its branch is nobody else's as long as it has what was pushed last. */
  private async renew(forge: Forge, row: LandingEntity, request: PullRequestRef): Promise<LandOutcome> {
    const { state } = await forge.read(request.number);
    // Of what has been decided meanwhile the follower hears.
    if (state.kind !== 'OPEN') return this.move(row, 'PROPOSED', asBefore(row));
    if (!(await this.hasCommit(row))) return this.move(row, 'QUEUED', UNTESTED);
    if (!(await this.push(row, request.headCommit ?? ''))) {
      const message = `Somebody else has pushed to ${headBranch(row.id)}: it is left as it is. Merge or close the request, or take the landing out and land again`;
      return this.move(row, 'PROPOSED', { ...asBefore(row), reason: HEAD_BRANCH_MOVED, message });
    }
    return this.move(row, 'PROPOSED', { ...proposed(row, request), message: await describe(forge, row, request) });
  }

  /** @returns false where the branch is another one than expected */
  private async push({ id: landingId, repositoryId, commit }: LandingEntity, expectedOld: string): Promise<boolean> {
    const [head, tested] = [headBranch(landingId), commit ?? ''];
    return this.targets.open(repositoryId, head, async (target) => {
      const outcome = await target.push({ commit: tested, expectedOld, landingId });
      switch (outcome.kind) {
        case 'PUSHED':
        case 'UP_TO_DATE':
          return true;
        case 'STALE':
          // A try before this one may have brought it there.
          return (await target.tip(tested)) === tested;
        case 'REJECTED':
        case 'FAILED':
          throw new ForgeRefusal(403, outcome.text);
        case 'UNKNOWN':
          throw new ForgeAwayError(`the push of ${head} was not answered: ${outcome.text}`);
      }
    });
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

/** @returns in words that the forge refuses; the branch has the new commit all the same */
async function describe(forge: Forge, row: LandingEntity, { number }: PullRequestRef): Promise<string> {
  try {
    await forge.describe(number, proposalText(row).body);
    return '';
  } catch (error) {
    if (error instanceof ForgeRefusal) return `The text of the request is as it was: ${error.message}`;
    throw error;
  }
}

function proposed({ commit, headCommit }: LandingEntity, { number, url }: PullRequestRef): LandingFacts {
  return { reason: '', message: '', pullRequest: { number, url, headCommit: commit ?? '', changeHead: headCommit } };
}

/** The request carries what it did before this test. */
function asBefore({ pullRequest }: LandingEntity): LandingFacts {
  return { reason: '', message: '', commit: pullRequest?.headCommit ?? null };
}
