import { Injectable } from '@nestjs/common';
import {
  Landing_Style,
  type Landing,
  type LandingBlocker,
  type LandingExplanation,
  Preflight,
  type PreflightChangeRequest,
} from '@heddle/contracts';
import { treeOf } from '@heddle/git';
import { DataSource, In } from 'typeorm';
import { ChangeService } from '../changes/change.service.js';
import { GitStores } from '../git-store/git-stores.js';
import { LandingQueueEntity } from '../queues/landing-queue.entity.js';
import { queueReason } from '../queues/landing-queue.mapper.js';
import { requireBranch } from '../shared/require-branch.js';
import { conflictPaths, conflictText } from './conflict-words.js';
import { LandingEntity } from './landing.entity.js';
import { toLanding } from './landing.mapper.js';
import { LandingService } from './landing.service.js';
import { MergeChain, type ChainMerge } from './merge-chain.js';
import { queuePositions } from './queue-positions.js';
import { styleOf } from './landing-request.js';
import { TargetBranches } from './target-branch.js';

const WAITING = ['QUEUED', 'TESTING', 'PUSHING'] as const;
const MOST_AHEAD = 50;

/** What is in the way of a change or of a landing, without doing anything about it. */
@Injectable()
export class PreflightService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
    private readonly landings: LandingService,
    private readonly stores: GitStores,
    private readonly targets: TargetBranches,
    private readonly merges: MergeChain,
  ) {}

  /** @throws HeddleError FIELD_INVALID, CHANGE_NOT_FOUND, and what the remote answers */
  async preflight(request: PreflightChangeRequest): Promise<Preflight> {
    requireBranch(request.targetBranch);
    const change = await this.changes.row(request.id);
    const { branch, objections } = await this.landings.objections(change, request.targetBranch);
    const { repositoryId } = change;
    const queue = await this.dataSource.manager.findOneBy(LandingQueueEntity, { repositoryId, branch });
    const tip = await this.targets.open(repositoryId, branch, (target) => target.tip());
    const style = styleOf(Landing_Style.STYLE_UNSPECIFIED, queue ?? { style: 'MERGE' });
    const { id, title, taskId, attemptId, baseCommit, headCommit, createTime } = change;
    const as = {
      id,
      title,
      taskId,
      attemptId,
      repositoryId,
      baseCommit,
      headCommit,
      createTime,
      style,
      revertsId: null,
    };
    const merged = await this.merges.merge(tip ?? baseCommit, as);
    const gitDir = this.stores.directory(repositoryId);
    return Preflight.fromPartial({
      changeId: change.id,
      targetBranch: branch,
      targetCommit: tip,
      mergeable: merged.clean === true,
      treeId: merged.clean === true ? await treeOf({ gitDir }, merged.commit) : undefined,
      conflictPaths: merged.clean === false ? conflictPaths(merged) : [],
      blockers: [
        ...objections.map(({ reason, message }) => ({ reason, message })),
        ...mergeBlocker(merged),
        ...queueBlocker(queue),
      ],
      aheadCount:
        queue === null
          ? 0
          : await this.dataSource.manager.countBy(LandingEntity, { queueId: queue.id, state: In([...WAITING]) }),
    });
  }

  /** @throws HeddleError LANDING_NOT_FOUND */
  async explain(id: string): Promise<LandingExplanation> {
    const row = await this.landings.row(id);
    const { manager } = this.dataSource;
    const queue = await manager.findOneByOrFail(LandingQueueEntity, { id: row.queueId });
    const waiting = await manager.find(LandingEntity, {
      where: { queueId: row.queueId, state: In([...WAITING]) },
      order: { priority: 'ASC', position: 'ASC' },
    });
    const place = waiting.findIndex((each) => each.id === row.id);
    const ahead = waiting.slice(0, Math.max(0, place)).slice(0, MOST_AHEAD);
    const positions = await queuePositions(manager, [row, ...ahead]);
    const show = (each: LandingEntity): Landing => toLanding(each, positions.get(each.id));
    const own = row.reason === '' ? [] : [{ reason: row.reason, message: row.message }];
    const held = queueBlocker(queue).filter(({ reason }) => place >= 0 && reason !== row.reason);
    return { landing: show(row), ahead: ahead.map(show), blockers: [...own, ...held] };
  }
}

function mergeBlocker(merged: ChainMerge): LandingBlocker[] {
  if (merged.clean === true) return [];
  if (merged.clean === 'undecided') return [{ reason: 'MERGE_UNDECIDED', message: merged.text }];
  return [{ reason: 'CONFLICT', message: conflictText(merged) }];
}

function queueBlocker(queue: LandingQueueEntity | null): LandingBlocker[] {
  if (queue === null || queue.state === 'ACTIVE') return [];
  return [{ reason: queueReason(queue), message: queue.message }];
}
