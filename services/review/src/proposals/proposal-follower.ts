import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { FORGE_REVIEW, HeddleError } from '@heddle/domain';
import { isObjectId, treeOf } from '@heddle/git';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { ForgeAwayError, ForgeRefusal, type Forge, type ProposalState } from '../forges/forge.js';
import { Forges } from '../forges/forges.js';
import { GitStores } from '../git-store/git-stores.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { markLanded } from '../landings/mark-landed.js';
import { lockLandings, moveLanding, noteOnLanding, type LandingFacts } from '../landings/move-landing.js';
import { TargetBranches } from '../landings/target-branch.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import { ForgeReviews } from './forge-reviews.js';
import { LandedChecks } from './landed-checks.js';
import { EJECTED_BY_USER, LANDED_OTHER_TREE } from './proposal-reasons.js';

const POLL_MS = 10_000;
/** Of all forges together, so that the strictest of them bears it: 24 a minute of three questions each, of GitHub's 5,000 an hour. */
const MOST_AT_ONCE = 4;

/** Asks forges what has become of open pull requests, in turn, and ends their landings by what they say. */
@Injectable()
export class ProposalFollower implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly forges: Forges,
    private readonly stores: GitStores,
    private readonly targets: TargetBranches,
    private readonly checks: LandedChecks,
    private readonly reviews: ForgeReviews,
    private readonly bell: ChangeBell,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new RepeatingTask('proposal-follower', POLL_MS, () => this.follow(), logger);
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  poke(): void {
    this.task.poke();
  }

  private async follow(): Promise<void> {
    const next: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM landings WHERE state = 'PROPOSED' ORDER BY look_time NULLS FIRST LIMIT $1`,
      [MOST_AT_ONCE],
    );
    const { manager } = this.dataSource;
    for (const { id } of next) {
      // Before the question: one that fails does not hold up the others.
      await manager.update(LandingEntity, { id, state: 'PROPOSED' }, { lookTime: new Date() });
      const row = await manager.findOneBy(LandingEntity, { id, state: 'PROPOSED' });
      if (row === null) continue;
      await this.look(row).catch(async (error: unknown) => {
        this.logger.warn({ err: error, landingId: row.id }, 'the forge does not say what became of a pull request');
        if (error instanceof ForgeAwayError || error instanceof ForgeRefusal || HeddleError.is(error))
          await this.note(row, error.message);
      });
    }
  }

  private async look(row: LandingEntity): Promise<void> {
    const number = row.pullRequest?.number;
    if (number === undefined) throw new Error(`landing ${row.id} is proposed without a pull request`);
    const forge = await this.forges.of(row.repositoryId);
    const refusal = row.reason === EJECTED_BY_USER ? await closeRefused(forge, number) : undefined;
    const { state } = await forge.read(number);
    if (state.kind === 'OPEN') return this.keep(row, forge, { number, refusal });
    const facts = state.kind === 'MERGED' ? await this.landedFacts(row, state) : closedFacts(row);
    await this.dataSource.transaction(async (manager) => {
      const [locked] = await lockLandings(manager, [row.id]);
      // Another commit has been proposed since the forge was asked: it is asked again.
      if (locked?.state !== 'PROPOSED' || locked.commit !== row.commit) return;
      if (state.kind === 'CLOSED') await moveLanding(manager, locked, 'EJECTED', facts);
      else this.bell.ring(...(await markLanded(manager, locked, facts)));
    });
    this.bell.ring(row.id);
    if (facts.checksLanded === true) this.checks.poke();
  }

  /** The forge's word is that it landed; whether as it was tested, the trees say. */
  private async landedFacts(
    row: LandingEntity,
    { commit: merged }: Extract<ProposalState, { kind: 'MERGED' }>,
  ): Promise<LandingFacts> {
    const { repositoryId, branch, commit } = row;
    const isThere = await this.targets.open(repositoryId, branch, async (target) => {
      await target.tip();
      return merged !== undefined && isObjectId(merged) && (await target.hasCommit(merged));
    });
    if (!isThere) {
      const what = merged === undefined ? 'no commit' : `a commit that ${branch} does not have`;
      return { reason: LANDED_OTHER_TREE, message: `The forge says that it is merged, and names ${what}` };
    }
    const at = { gitDir: this.stores.directory(repositoryId) };
    const [landed, tested] = [await treeOf(at, merged ?? ''), await treeOf(at, commit ?? '')];
    if (landed === tested) return { reason: '', message: '', landedCommit: merged };
    const message = `${branch} has the tree ${landed.slice(0, 12)} after the merge, and ${tested.slice(0, 12)} was tested: the checks run on it now`;
    return { reason: LANDED_OTHER_TREE, message, landedCommit: merged, checksLanded: true };
  }

  /** It is open: whoever wanted it closed learns that the forge refuses; else what its reviewers say is taken in. */
  private async keep(
    row: LandingEntity,
    forge: Forge,
    { number, refusal }: { readonly number: number; readonly refusal: string | undefined },
  ): Promise<void> {
    if (row.reason === EJECTED_BY_USER) {
      if (refusal !== undefined) await this.change(row, { reason: '', message: `It could not be closed: ${refusal}` });
      return;
    }
    const message = await this.reviews.take(row, forge, number);
    // What was noted of an answer that failed is over.
    const isOver = row.reason === 'FORGE_UNREACHABLE' || row.reason === FORGE_REVIEW;
    if (message === '' ? isOver : (isOver || row.reason === '') && row.message !== message)
      await this.change(row, { reason: message === '' ? '' : FORGE_REVIEW, message });
  }

  private async note(row: LandingEntity, message: string): Promise<void> {
    if (row.message === message) return;
    const reason = row.reason === EJECTED_BY_USER ? EJECTED_BY_USER : 'FORGE_UNREACHABLE';
    await this.change(row, { reason, message });
  }

  private async change(seen: LandingEntity, facts: LandingFacts): Promise<void> {
    await this.dataSource.transaction(async (manager: EntityManager) => {
      const [row] = await lockLandings(manager, [seen.id]);
      if (row?.state !== 'PROPOSED' || row.revision !== seen.revision) return;
      await noteOnLanding(manager, row, 'landing.updated', facts);
    });
  }
}

/** @returns the forge's words where it refuses; what it merged before is no open request any more */
async function closeRefused(forge: Forge, number: number): Promise<string | undefined> {
  try {
    await forge.close(number);
    return undefined;
  } catch (error) {
    if (error instanceof ForgeRefusal) return error.message;
    throw error;
  }
}

function closedFacts({ reason }: LandingEntity): LandingFacts {
  return reason === EJECTED_BY_USER
    ? { reason, message: '' }
    : { reason: 'PULL_REQUEST_CLOSED', message: 'The pull request was closed without a merge' };
}
