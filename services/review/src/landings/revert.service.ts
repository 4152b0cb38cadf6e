import { Injectable } from '@nestjs/common';
import { Landing, RevertLandingRequest } from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { commitTree, treeOf } from '@heddle/git';
import { requestContext } from '@heddle/platform/context';
import { answerOnce } from '@heddle/platform/outbox';
import { DataSource, In, type EntityManager } from 'typeorm';
import { GitStores } from '../git-store/git-stores.js';
import { insertLanding } from './insert-landing.js';
import { LandingDispatcher } from './landing-dispatcher.js';
import { readPriority } from './landing-order.js';
import { LandingEntity } from './landing.entity.js';
import { landedCommit, toLanding } from './landing.mapper.js';
import { LandingService } from './landing.service.js';
import { LANDED_OTHER_TREE } from '../proposals/proposal-reasons.js';
import { LANDED_VIA } from '../reconciliations/land-inputs.js';
import { lockLandings } from './move-landing.js';
import { queuePositions } from './queue-positions.js';

/** Before all that is not in a hurry: a branch with something bad on it holds up everybody. */
const PRIORITY = 2;

/** A commit that takes a landing back, on the one that it is taken from. */
interface Takeback {
  readonly id: string;
  readonly base: string;
  readonly head: string;
}

/** Takes back what a landing brought, by a landing of its own. */
@Injectable()
export class RevertService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly landings: LandingService,
    private readonly stores: GitStores,
    private readonly dispatcher: LandingDispatcher,
  ) {}

  /** @throws HeddleError LANDING_NOT_FOUND, LANDING_NOT_LANDED, ALREADY_REVERTED, LANDING_EXISTS, FIELD_INVALID */
  async revert(request: RevertLandingRequest): Promise<Landing> {
    const priority = readPriority(request.priority, PRIORITY);
    const landing = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.LandingService/RevertLanding',
        requestId: request.requestId,
        request,
        requestCodec: RevertLandingRequest,
        responseCodec: Landing,
      },
      () => this.prepare(request.id),
      (manager, prepared) => this.enqueue(manager, prepared, priority),
    );
    this.dispatcher.poke();
    return landing;
  }

  /**
   * The commit that takes it back: the tree of before, on the landed commit. Merged with the branch like any change, whose
   * base is the landed commit. Of one that a forge merged otherwise than it was tested, it is taken back from what was
   * tested: what else came with the merge stays.
   */
  private async prepare(id: string): Promise<Takeback> {
    const row = await this.landings.row(id);
    const landed = requireLanded(row);
    const gitDir = this.stores.directory(row.repositoryId);
    const head = await commitTree({
      gitDir,
      tree: await treeOf({ gitDir }, row.onto ?? `${landed}^1`),
      parents: [landed],
      message: `Take back ${row.id}`,
      date: row.createTime,
    });
    return { id: row.id, base: landed, head };
  }

  private async enqueue(manager: EntityManager, { id, base, head }: Takeback, priority: number): Promise<Landing> {
    const [row] = await lockLandings(manager, [id]);
    if (row === undefined) throw new Error('unreachable: landings are never deleted');
    requireLanded(row);
    const open = await manager.findOneBy(LandingEntity, {
      revertsId: id,
      state: In(['QUEUED', 'TESTING', 'PUSHING', 'PROPOSED']),
    });
    if (open !== null)
      throw new HeddleError('LANDING_EXISTS', 'A landing that takes this one back is in the queue already', {
        metadata: { id: open.id },
      });
    const made = await insertLanding(manager, {
      changeId: row.changeId,
      attemptId: row.attemptId,
      taskId: row.taskId,
      batchId: row.batchId,
      repositoryId: row.repositoryId,
      queueId: row.queueId,
      branch: row.branch,
      style: 'SQUASH',
      delivery: row.delivery,
      priority,
      headCommit: head,
      baseCommit: base,
      title: `Revert "${row.title}"`,
      spec: row.spec,
      revertsId: id,
      traceparent: requestContext.get()?.traceparent ?? row.traceparent,
    });
    return toLanding(made, (await queuePositions(manager, [made])).get(made.id));
  }
}

/** @returns the commit that landed; what was tested of it where a forge made another tree */
function requireLanded(row: LandingEntity): string {
  const metadata = { id: row.id, state: row.state };
  if (row.state !== 'LANDED' || row.commit === null)
    throw new HeddleError('LANDING_NOT_LANDED', `The landing is ${row.state}: there is nothing to take back`, {
      metadata,
    });
  if (row.reason === LANDED_VIA)
    throw new HeddleError('LANDING_NOT_LANDED', 'It landed with a reconciliation: take that landing back', {
      metadata,
    });
  if (row.revertedById !== null)
    throw new HeddleError('ALREADY_REVERTED', 'The landing was taken back already', {
      metadata: { ...metadata, revertedById: row.revertedById },
    });
  return row.reason === LANDED_OTHER_TREE ? row.commit : (landedCommit(row) ?? row.commit);
}
