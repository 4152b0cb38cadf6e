import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { LandOutcome, LandRequest } from '@heddle/contracts/workflows';
import { isZeroId, type PushOutcome } from '@heddle/git';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { checkOutcomesToJson } from '../changes/check-outcomes.js';
import { LandingEntity } from './landing.entity.js';
import { changesOf, objectionTo } from './landing-objection.js';
import { Proposer } from '../proposals/proposer.js';
import { mayPush } from '../queues/queue-rows.js';
import { markLanded } from './mark-landed.js';
import { lockLandings, moveLanding, UNTESTED } from './move-landing.js';
import { TargetBranches, type TargetBranch } from './target-branch.js';

/** The branch answered neither yes nor no: the activity is repeated, and finds the rows as they were left. */
export class PushUndecidedError extends Error {
  override readonly name = 'PushUndecidedError';
}

/** A lock of somebody else's git is gone by then; what still fails is refused, or it would hold up the branch for ever. */
const PAUSES_MS = [300, 1_200];

/** The commit was written to the row: what is left is to bring it out, or nothing. */
const DECIDED: ReadonlySet<LandingEntity['state']> = new Set(['PUSHING', 'PROPOSED', 'LANDED']);

/** What one push carries: the landings in the order of the chain, the last one's commit, and what the branch must be. */
interface Pushed {
  readonly rows: readonly LandingEntity[];
  readonly last: LandingEntity;
  readonly commit: string;
  readonly expectedOld: string;
}

/** Puts tested merges on the branch, at most once: rows first, then the push by compare-and-swap, then the branch is read back. */
@Injectable()
export class LandingPusher {
  constructor(
    private readonly dataSource: DataSource,
    private readonly targets: TargetBranches,
    private readonly proposer: Proposer,
    private readonly bell: ChangeBell,
  ) {}

  async land(request: LandRequest): Promise<LandOutcome> {
    const { rows, fresh } = await this.decide(request);
    return fresh ? this.bringOut(rows, (target, pushed) => this.push(target, pushed)) : this.settle(rows);
  }

  /** Brings a push to its end that was decided in the rows, whatever became of it before: a repeat completes it. */
  settle(rows: readonly LandingEntity[]): Promise<LandOutcome> {
    return this.bringOut(rows, async (target, pushed) => {
      if (await target.hasCommit(pushed.commit)) return this.push(target, pushed);
      // One that was lost with the power is merged anew, unless the branch has it.
      return this.close(pushed, (await this.compare(target, pushed)) === 'LANDED' ? 'LANDED' : 'MOVED');
    });
  }

  private async bringOut(
    rows: readonly LandingEntity[],
    work: (target: TargetBranch, pushed: Pushed) => Promise<LandOutcome>,
  ): Promise<LandOutcome> {
    const last = rows.at(-1);
    if (last === undefined || rows.every((row) => row.state === 'LANDED' || row.state === 'PROPOSED'))
      return { kind: 'LANDED', landed: rows.length };
    // The planner puts nobody before or behind one.
    if (last.delivery === 'PULL_REQUEST') return this.proposer.propose(last);
    const { commit, expectedOld } = last;
    if (commit === null || expectedOld === null) throw new Error(`landing ${last.id} is being pushed without a commit`);
    return this.targets.open(last.repositoryId, last.branch, (target) =>
      work(target, { rows, last, commit, expectedOld }),
    );
  }

  private async push(target: TargetBranch, pushed: Pushed): Promise<LandOutcome> {
    const outcome = await this.tryPush(target, pushed);
    if (outcome.kind === 'REJECTED') return this.refuse(pushed, outcome);
    const verdict = await this.compare(target, pushed);
    if (verdict !== 'OPEN') return this.close(pushed, verdict, outcome.kind === 'FAILED' ? outcome.text : '');
    if (outcome.kind === 'FAILED') return this.refuse(pushed, outcome);
    throw new PushUndecidedError(
      `the branch ${pushed.last.branch} did not move: ${'text' in outcome ? outcome.text : outcome.kind}`,
    );
  }

  private async tryPush(target: TargetBranch, { commit, expectedOld, last }: Pushed): Promise<PushOutcome> {
    for (const pause of PAUSES_MS) {
      const outcome = await target.push({ commit, expectedOld, landingId: last.id });
      if (outcome.kind !== 'FAILED') return outcome;
      await delay(pause);
    }
    return target.push({ commit, expectedOld, landingId: last.id });
  }

  /** Writes `commit` and `expectedOld` once. A member that was taken out meanwhile, or whose approval was, ends the prefix: what is behind was merged onto it. */
  private async decide({
    repositoryId,
    branch,
    tip,
    members,
  }: LandRequest): Promise<{ rows: LandingEntity[]; fresh: boolean }> {
    return this.dataSource.transaction(async (manager) => {
      // Before the landings, in the order of everybody who locks both.
      const isOpen = await mayPush(manager, { repositoryId, branch });
      const locked = new Map(
        (
          await lockLandings(
            manager,
            members.map((member) => member.landingId),
          )
        ).map((row) => [row.id, row]),
      );
      const changes = await changesOf(manager, [...locked.values()]);
      const prefix: { row: LandingEntity; checks: LandRequest['members'][number]['checks'] }[] = [];
      for (const { landingId, commit, checks } of members) {
        const row = locked.get(landingId);
        const decided = row?.commit === commit && DECIDED.has(row.state);
        const ready =
          isOpen &&
          row?.candidate === commit &&
          row.state === 'TESTING' &&
          objectionTo(row, changes.get(row.changeId)) === undefined;
        if (row === undefined || (!decided && !ready)) break;
        // What was decided before a crash is pushed as it was decided; what became ready since is for another push.
        if (row.pushHead !== (prefix[0]?.row ?? row).pushHead) break;
        prefix.push({ row, checks });
      }
      const fresh = prefix.every(({ row }) => row.commit === null);
      const pushHead = prefix.at(-1)?.row.candidate ?? null;
      for (const { row, checks } of fresh ? prefix : []) {
        await moveLanding(manager, row, 'PUSHING', {
          commit: row.candidate,
          expectedOld: tip,
          pushHead,
          checks: checkOutcomesToJson(checks),
        });
      }
      return { rows: prefix.map(({ row }) => row), fresh };
    });
  }

  /** `OPEN`: the branch is still what it was when the push was decided. */
  private async compare(
    target: TargetBranch,
    { last, commit, expectedOld }: Pushed,
  ): Promise<'LANDED' | 'MOVED' | 'OPEN'> {
    const tip = await target.tip(commit);
    if (tip === commit) return 'LANDED';
    const absent = isZeroId(expectedOld);
    if (tip === expectedOld || (tip === undefined && absent)) return 'OPEN';
    if (tip === undefined) return 'MOVED';
    const landed = await target.contains(tip, { id: last.id, commit, expectedOld: absent ? undefined : expectedOld });
    return landed ? 'LANDED' : 'MOVED';
  }

  /** `message`: what could not follow although the branch has moved. */
  private async close({ rows }: Pushed, verdict: 'LANDED' | 'MOVED', message = ''): Promise<LandOutcome> {
    await this.onLocked(rows, async (manager, row) => {
      if (verdict === 'MOVED') return moveLanding(manager, row, 'QUEUED', UNTESTED);
      this.bell.ring(...(await markLanded(manager, row, { message })));
    });
    return verdict === 'LANDED' ? { kind: 'LANDED', landed: rows.length } : { kind: 'MOVED' };
  }

  /** Of several the remote does not say which one it minds: they come again one by one. */
  private async refuse(
    { rows }: Pushed,
    outcome: Extract<PushOutcome, { kind: 'REJECTED' | 'FAILED' }>,
  ): Promise<LandOutcome> {
    await this.onLocked(rows, async (manager, row) => {
      if (rows.length === 1)
        await moveLanding(manager, row, 'EJECTED', { reason: outcome.reason, message: outcome.text });
      else await moveLanding(manager, row, 'QUEUED', UNTESTED);
    });
    return { kind: 'REFUSED' };
  }

  private async onLocked(
    rows: readonly LandingEntity[],
    move: (manager: EntityManager, row: LandingEntity) => Promise<void>,
  ): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const commits = new Map(rows.map((row) => [row.id, row.commit]));
      for (const row of await lockLandings(manager, [...commits.keys()])) {
        // Another try may have closed this push already, and begun the next one.
        if (row.state === 'PUSHING' && row.commit === commits.get(row.id)) await move(manager, row);
      }
    });
    this.bell.ring(...rows.map((row) => row.id));
  }
}
