import { Inject, Injectable } from '@nestjs/common';
import type { LandingMember, LandingPlan } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import { formatOf, zeroId } from '@heddle/git';
import { DataSource, In } from 'typeorm';
import { ReviewStates } from '../approvals/review-states.js';
import type { ReviewConfig } from '../config.js';
import { ChangeBell } from '@heddle/platform/waiting';
import type { LandingQueueEntity } from '../queues/landing-queue.entity.js';
import { queueReason } from '../queues/landing-queue.mapper.js';
import { QueueGate } from '../queues/queue-gate.js';
import { sendOn } from '../queues/send-on.js';
import { EjectedReconciliations } from '../reconciliations/ejected-reconciliations.js';
import { checksTimeoutMs } from '../sandboxes/checks-spec.js';
import { CONFIG } from '../shared/tokens.js';
import { LandingEntity } from './landing.entity.js';
import { changesOf, objectionTo } from './landing-objection.js';
import { conflictPaths, conflictText } from './conflict-words.js';
import { LandingPusher } from './landing-pusher.js';
import { MergeChain, type ChainMerge } from './merge-chain.js';
import { lockLandings, moveLanding, noteOnLanding, UNTESTED } from './move-landing.js';
import { TargetBranches } from './target-branch.js';
import { checkedLanding, tipTests } from './tip-tests.js';

interface Queue {
  readonly repositoryId: string;
  readonly branch: string;
}

/** Merges queued landings onto the branch as the remote has it now, each onto the ones before it, without a work tree. */
@Injectable()
export class LandingPlanner {
  constructor(
    private readonly dataSource: DataSource,
    private readonly merges: MergeChain,
    private readonly targets: TargetBranches,
    private readonly pusher: LandingPusher,
    private readonly gate: QueueGate,
    private readonly states: ReviewStates,
    private readonly reconciliations: EjectedReconciliations,
    private readonly bell: ChangeBell,
    @Inject(CONFIG) private readonly config: ReviewConfig,
  ) {}

  async plan(input: Queue & { readonly window: number }): Promise<LandingPlan> {
    await this.settlePushes(input);
    const rows = await this.open(input, ['QUEUED', 'TESTING']);
    if (rows.length === 0) return { kind: 'NOTHING_TO_DO' };
    const queue = await this.gate.open(input);
    if (queue.state !== 'ACTIVE') {
      await this.hold(rows, queue);
      return { kind: 'NOTHING_TO_DO' };
    }
    try {
      return await this.chain(input, queue, rows);
    } catch (error) {
      if (HeddleError.is(error)) await this.explain(rows, error);
      throw error;
    }
  }

  /** Pushes that a crash cut off, each as it was decided. */
  private async settlePushes(queue: Queue): Promise<void> {
    const rows = await this.open(queue, ['PUSHING']);
    for (const head of new Set(rows.map((row) => row.pushHead)))
      await this.pusher.settle(rows.filter((row) => row.pushHead === head));
  }

  private open(
    { repositoryId, branch }: Queue,
    states: ('QUEUED' | 'TESTING' | 'PUSHING')[],
  ): Promise<LandingEntity[]> {
    return this.dataSource.manager.find(LandingEntity, {
      where: { repositoryId, branch, state: In(states) },
      order: { priority: 'ASC', position: 'ASC' },
    });
  }

  private async chain(
    input: Queue & { readonly window: number },
    queue: LandingQueueEntity,
    rows: readonly LandingEntity[],
  ): Promise<LandingPlan> {
    const tip = await this.targets.open(input.repositoryId, input.branch, (target) => target.tip());
    const changes = await changesOf(this.dataSource.manager, rows);
    const members: LandingMember[] = [];
    const landed = (await this.gate.standing(queue)).map(checkedLanding);
    const inTip = [...landed];
    let onto = tip;
    let last: LandingEntity | undefined;
    const waiting = [...rows];
    while (members.length < Math.min(input.window, queue.windowMax)) {
      const [row] = waiting;
      // Nothing is merged onto a proposal, nor is one onto what is only being tested.
      if (row === undefined || isProposal(last) || (last !== undefined && isProposal(row))) break;
      waiting.shift();
      const change = changes.get(row.changeId);
      const objection = objectionTo(row, change);
      if (objection !== undefined) {
        await this.moveOut(row, 'EJECTED', { reason: objection });
        continue;
      }
      // Who takes something back asks nobody: it was decided on when it came.
      const judged = row.revertsId === null ? change : undefined;
      const undecided = judged && (await this.states.objectionAt(judged, tip ?? row.baseCommit));
      if (undecided !== undefined) {
        await this.moveOut(row, 'EJECTED', { reason: undecided.reason, message: undecided.message });
        continue;
      }
      // A branch that does not exist yet is made at the base of the first that lands on it.
      const under = onto ?? row.baseCommit;
      const merged = await this.merges.merge(under, row);
      if (merged.clean !== true) {
        await this.moveUnmerged(row, merged);
        continue;
      }
      if (!(await this.startTest(row, merged.commit, under))) continue;
      inTip.push(checkedLanding(row));
      const { specs, newChecks } = tipTests(inTip);
      const checks = specs.flatMap((spec) => spec.checks);
      members.push({
        landingId: row.id,
        commit: merged.commit,
        hasChecks: checks.length > 0,
        checksTimeoutMs: checksTimeoutMs(checks),
        own: { base: row.baseCommit, head: row.headCommit, newChecks },
      });
      onto = merged.commit;
      last = row;
    }
    await this.lookBehind(waiting, tip);
    if (members.length === 0) return { kind: 'NOTHING_TO_DO' };
    const zero = zeroId(formatOf(rows[0]?.baseCommit ?? ''));
    return {
      kind: 'STEP',
      tip: tip ?? zero,
      pool: this.config.HEDDLE_RUNNER_POOL,
      members,
      landed: landed.map(({ id }) => id),
      rules: await this.gate.rulesOf(queue),
    };
  }

  /** @returns false when the landing was taken out meanwhile */
  private async startTest(seen: LandingEntity, commit: string, onto: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [seen.id]);
      if (row?.state !== 'QUEUED' && row?.state !== 'TESTING') return false;
      if (row.state === 'TESTING') await moveLanding(manager, row, 'QUEUED', UNTESTED);
      await moveLanding(manager, row, 'TESTING', {
        ...UNTESTED,
        candidate: commit,
        onto,
        reason: '',
        message: '',
        checks: [],
      });
      return true;
    });
  }

  /** What waits behind the window is merged with the branch too: who conflicts with what has landed learns it now. */
  private async lookBehind(rows: readonly LandingEntity[], tip: string | undefined): Promise<void> {
    for (const row of rows) {
      if (row.state === 'TESTING') await this.putBack(row, '', '');
      if (tip === undefined) continue;
      const merged = await this.merges.merge(tip, row);
      if (merged.clean !== true) await this.moveUnmerged(row, merged);
    }
  }

  /** Nothing is tested while the queue does not go on; whoever waits is told why. */
  private async hold(rows: readonly LandingEntity[], queue: LandingQueueEntity): Promise<void> {
    for (const row of rows) await this.putBack(row, queueReason(queue), queue.message);
  }

  private async putBack(seen: LandingEntity, reason: string, message: string): Promise<void> {
    if (seen.state === 'QUEUED' && seen.reason === reason && seen.message === message) return;
    await this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [seen.id]);
      if (row?.state === 'TESTING') await moveLanding(manager, row, 'QUEUED', { ...UNTESTED, reason, message });
      else if (row?.state === 'QUEUED') await noteOnLanding(manager, row, 'landing.updated', { reason, message });
    });
    this.bell.ring(seen.id);
  }

  private async moveUnmerged(row: LandingEntity, merged: Exclude<ChainMerge, { clean: true }>): Promise<void> {
    if (merged.clean === 'undecided')
      await this.moveOut(row, 'EJECTED', { reason: 'MERGE_UNDECIDED', message: merged.text });
    else
      await this.moveOut(row, 'CONFLICTED', {
        reason: 'CONFLICT',
        message: conflictText(merged),
        conflictPaths: conflictPaths(merged),
      });
  }

  private async moveOut(
    seen: LandingEntity,
    state: 'EJECTED' | 'CONFLICTED',
    facts: { reason: string; message?: string; conflictPaths?: string[] },
  ): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [seen.id]);
      if (row?.state !== 'QUEUED' && row?.state !== 'TESTING') return;
      await moveLanding(manager, row, state, { ...UNTESTED, message: '', ...facts });
      await sendOn(manager, this.states, row);
    });
    this.reconciliations.poke();
    this.bell.ring(seen.id);
  }

  /** Why the queue stands, for whoever looks; the activity itself is repeated until the remote is back. */
  private async explain(rows: readonly LandingEntity[], error: HeddleError): Promise<void> {
    await this.dataSource.manager.update(
      LandingEntity,
      { id: In(rows.map((row) => row.id)), state: 'QUEUED' },
      { reason: error.reason, message: error.message },
    );
  }
}

function isProposal(row: LandingEntity | undefined): boolean {
  return row?.delivery === 'PULL_REQUEST';
}
