import { Injectable } from '@nestjs/common';
import { FORGE_REVIEW, HeddleError } from '@heddle/domain';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, IsNull, Not, type EntityManager } from 'typeorm';
import { ReviewStates } from '../approvals/review-states.js';
import { ChangeEntity } from '../changes/change.entity.js';
import { ChangeService } from '../changes/change.service.js';
import { insertComment, newComment, refuseTooMany } from '../comments/comment-rows.js';
import { CommentService } from '../comments/comment.service.js';
import { messageOf, type OpenThread } from '../comments/open-threads.js';
import { EvidenceService } from '../evidence/evidence.service.js';
import { ForgeRefusal, type Forge } from '../forges/forge.js';
import type { Remark } from '../forges/remarks.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { lockLandings } from '../landings/move-landing.js';
import { LandingQueueEntity } from '../queues/landing-queue.entity.js';
import { recordVerdict } from '../verdicts/record-verdict.js';
import { ForgeRemarkEntity } from './forge-remark.entity.js';
import { RemarkPlaces } from './remark-places.js';
import { askedBy, remarkText, reviewWords, type Hindrance } from './review-words.js';

type Placed = Awaited<ReturnType<RemarkPlaces['of']>>;

/** A remark that was not known yet; without a place where its author may not push to the repository. */
interface NewRemark {
  readonly remark: Remark;
  readonly placed: Placed | undefined;
}

/**
 * Brings what is said at a forge about an open request to the agent that made it: each remark once as a comment of ours, and
 * those that wait together as a verdict that asks for changes.
 */
@Injectable()
export class ForgeReviews {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
    private readonly comments: CommentService,
    private readonly places: RemarkPlaces,
    private readonly evidence: EvidenceService,
    private readonly states: ReviewStates,
    private readonly bell: ChangeBell,
  ) {}

  /**
   * @returns in words what is not passed on, and why
   * @throws ForgeAwayError
   */
  async take(row: LandingEntity, forge: Forge, number: number): Promise<string> {
    // A revert is nobody's work: no agent would go on with it.
    if (row.revertsId !== null) return '';
    try {
      const change = await this.changes.row(row.changeId);
      const fresh = await this.fresh(row, forge, number, change);
      const isFull = fresh.length > 0 && !(await this.keep(row, number, change, fresh));
      const hindrance = await this.ask(row);
      return reviewWords(await this.known(row, number), isFull ? 'TOO_MANY' : hindrance);
    } catch (error) {
      if (error instanceof ForgeRefusal) return `The forge does not show its reviews: ${error.message}`;
      throw error;
    }
  }

  private known({ repositoryId }: LandingEntity, requestNumber: number): Promise<ForgeRemarkEntity[]> {
    return this.dataSource.manager.findBy(ForgeRemarkEntity, { repositoryId, requestNumber });
  }

  private async fresh(row: LandingEntity, forge: Forge, number: number, change: ChangeEntity): Promise<NewRemark[]> {
    const known = new Set((await this.known(row, number)).map(({ forgeId }) => forgeId));
    const writers = new Map<string, boolean>();
    const fresh: NewRemark[] = [];
    for (const remark of await forge.remarks(number)) {
      if (known.has(remark.id) || remarkText('', remark.text) === '') continue;
      const { principal } = remark.author;
      const mayWrite = writers.get(principal) ?? (await forge.mayWrite(remark.author));
      writers.set(principal, mayWrite);
      fresh.push({ remark, placed: mayWrite ? await this.places.of(change, remark) : undefined });
    }
    return fresh;
  }

  /** @returns false where the change takes no more comments */
  private async keep(
    row: LandingEntity,
    requestNumber: number,
    change: ChangeEntity,
    fresh: readonly NewRemark[],
  ): Promise<boolean> {
    try {
      await this.dataSource.transaction(async (manager) => {
        // One at a time: the forge may be asked by two processes at once.
        await lockLandings(manager, [row.id]);
        for (const { remark, placed } of fresh) {
          const key = { repositoryId: row.repositoryId, requestNumber, forgeId: remark.id };
          if (await manager.existsBy(ForgeRemarkEntity, key)) continue;
          await manager.insert(ForgeRemarkEntity, {
            ...key,
            landingId: row.id,
            changeId: change.id,
            principal: remark.author.principal,
            commentId: placed === undefined ? null : await insertRemark(manager, change, remark, placed),
            verdictId: null,
            createTime: new Date(),
          });
        }
      });
      return true;
    } catch (error) {
      if (HeddleError.is(error) && error.reason === 'QUOTA_EXCEEDED') return false;
      throw error;
    }
  }

  /** Asks for changes by what no verdict has passed on yet. @returns why it does not */
  private async ask(row: LandingEntity): Promise<Hindrance | undefined> {
    const { manager } = this.dataSource;
    const { changeId } = row;
    const waiting = { changeId, commentId: Not(IsNull()), verdictId: IsNull() };
    const remarks = await manager.find(ForgeRemarkEntity, {
      where: waiting,
      order: { createTime: 'ASC', forgeId: 'ASC' },
    });
    if (remarks.length === 0) return undefined;
    await this.evidence.ensureTaskFacts(await this.changes.row(changeId));
    const seen = await this.changes.row(changeId);
    const ids = new Set(remarks.flatMap(({ commentId }) => commentId ?? []));
    const threads = await this.comments.openThreads(seen, ids);
    const outcome = await this.dataSource.transaction(async (within) => {
      const [landing] = await lockLandings(within, [row.id]);
      const change = await within.findOneOrFail(ChangeEntity, {
        where: { id: changeId },
        lock: { mode: 'pessimistic_write' },
      });
      // The places of the threads are those of the head that they were looked for at.
      if (landing?.state !== 'PROPOSED' || change.headCommit !== seen.headCommit) return undefined;
      const hindrance = await hindranceOf(within, landing, change);
      if (hindrance !== undefined) return hindrance;
      await this.record(within, landing, change, { remarks, threads });
      return undefined;
    });
    this.bell.ring(changeId);
    return outcome;
  }

  private async record(
    manager: EntityManager,
    { pullRequest, repositoryId }: LandingEntity,
    change: ChangeEntity,
    { remarks, threads }: { readonly remarks: readonly ForgeRemarkEntity[]; readonly threads: readonly OpenThread[] },
  ): Promise<void> {
    const [first] = remarks;
    // Resolved before the agent was told: nothing is asked any more.
    if (first === undefined || threads.length === 0) return;
    const where = pullRequest?.url === '' ? `request ${String(pullRequest.number)}` : (pullRequest?.url ?? '');
    const principals = remarks.map(({ principal }) => principal);
    const comment = askedBy(principals, where);
    const verdict = await recordVerdict(manager, this.states, change, {
      decision: 'REQUEST_CHANGES',
      reasonClass: FORGE_REVIEW,
      comment,
      message: messageOf(comment, threads),
      principal: first.principal,
    });
    for (const { requestNumber, forgeId } of remarks)
      await manager.update(ForgeRemarkEntity, { repositoryId, requestNumber, forgeId }, { verdictId: verdict.id });
  }
}

async function insertRemark(
  manager: EntityManager,
  change: ChangeEntity,
  { author, text }: Remark,
  { anchor, words }: Placed,
): Promise<string> {
  await refuseTooMany(manager, change.id);
  const said = { threadId: '', text: remarkText(words, text), principal: author.principal, anchor };
  const comment = newComment(manager, change, said);
  await insertComment(manager, { row: comment, thread: comment });
  return comment.id;
}

async function hindranceOf(
  manager: EntityManager,
  { queueId }: LandingEntity,
  { id: changeId, reviewState }: ChangeEntity,
): Promise<Hindrance | undefined> {
  if (reviewState === 'REJECTED') return 'REJECTED';
  // One turn for all that is said until it has begun, and not one for each.
  if (reviewState === 'CHANGES_REQUESTED') return 'ASKED_ALREADY';
  const { roundsMax } = await manager.findOneByOrFail(LandingQueueEntity, { id: queueId });
  const told: { rounds: number }[] = await manager.query(
    'SELECT count(DISTINCT verdict_id)::int AS rounds FROM forge_remarks WHERE change_id = $1',
    [changeId],
  );
  return (told[0]?.rounds ?? 0) >= roundsMax ? 'ROUNDS_USED_UP' : undefined;
}
