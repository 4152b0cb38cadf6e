import { Inject, Injectable } from '@nestjs/common';
import {
  CreateLandingRequest,
  EjectLandingRequest,
  Landing,
  Landing_Delivery,
  type CheckResult,
  type Duration,
  type ListLandingsRequest,
  type ListLandingsResponse,
} from '@heddle/contracts';
import { SandboxOwner_Kind, SandboxSpec } from '@heddle/contracts/internal';
import { HeddleError, isLandingSettled } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { answerOnce } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, In, IsNull, Not, type EntityManager } from 'typeorm';
import { ReviewStates } from '../approvals/review-states.js';
import { ChangeEntity } from '../changes/change.entity.js';
import { ChangeService } from '../changes/change.service.js';
import { EvidenceService } from '../evidence/evidence.service.js';
import { Forges } from '../forges/forges.js';
import { GitStores } from '../git-store/git-stores.js';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { requireId } from '@heddle/platform/ids';
import { requireBranch } from '../shared/require-branch.js';
import { SANDBOX_SPECS, type SandboxSpecs } from '../shared/tokens.js';
import { LandingDispatcher } from './landing-dispatcher.js';
import { LandingEntity } from './landing.entity.js';
import { EJECTED_BY_USER } from '../proposals/proposal-reasons.js';
import { ProposalFollower } from '../proposals/proposal-follower.js';
import { LandingQueueEntity } from '../queues/landing-queue.entity.js';
import { ensureQueue } from '../queues/queue-rows.js';
import { insertLanding } from './insert-landing.js';
import { DEFAULT_PRIORITY, readPriority } from './landing-order.js';
import { toLanding } from './landing.mapper.js';
import { deliveryOf, objectionsTo, requireGreen, requireLandable, requireWhole, styleOf } from './landing-request.js';
import { lockLandings, moveLanding, noteOnLanding } from './move-landing.js';
import { isRenewable, lockProposed, renewLanding } from './renew-landing.js';
import { queuePositions } from './queue-positions.js';

/** What was asked of others before the transaction. */
interface Prepared {
  readonly change: ChangeEntity;
  readonly spec: SandboxSpec;
  readonly branch: string;
}

const OBJECTIONS: ReadonlySet<string> = new Set(['ALREADY_LANDED', 'LANDING_EXISTS', 'CHECKS_NOT_GREEN']);

@Injectable()
export class LandingService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeService,
    private readonly evidence: EvidenceService,
    private readonly states: ReviewStates,
    private readonly stores: GitStores,
    private readonly forges: Forges,
    private readonly follower: ProposalFollower,
    private readonly dispatcher: LandingDispatcher,
    private readonly bell: ChangeBell,
    @Inject(SANDBOX_SPECS) private readonly specs: SandboxSpecs,
  ) {}

  async create(request: CreateLandingRequest): Promise<Landing> {
    requireBranch(request.targetBranch);
    const priority = readPriority(request.priority, DEFAULT_PRIORITY);
    if (request.validateOnly) return this.tryOut(request, priority);
    const landing = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.LandingService/CreateLanding',
        requestId: request.requestId,
        request,
        requestCodec: CreateLandingRequest,
        responseCodec: Landing,
      },
      () => this.prepare(request),
      (manager, prepared) => this.enqueue(manager, request, { ...prepared, priority }),
    );
    this.dispatcher.poke();
    return landing;
  }

  /** All that would refuse the request does; what it would put into the queue is rolled back. */
  private async tryOut(request: CreateLandingRequest, priority: number): Promise<Landing> {
    const prepared = await this.prepare(request);
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.startTransaction();
      return { ...(await this.enqueue(runner.manager, request, { ...prepared, priority })), id: '', queueId: '' };
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  }

  async get(id: string): Promise<Landing> {
    const row = await this.row(id);
    const positions = await queuePositions(this.dataSource.manager, [row]);
    return toLanding(row, positions.get(row.id));
  }

  async list(request: ListLandingsRequest): Promise<ListLandingsResponse> {
    const size = pageSize(request.pageSize);
    const { repositoryId, batchId, changeId } = request;
    const filters = { repositoryId, batchId, changeId, states: [...request.states].sort() };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(LandingEntity, 'l')
      .orderBy('l.id', 'DESC')
      .limit(size + 1);
    if (repositoryId !== '')
      query.andWhere('l.repository_id = :repositoryId', {
        repositoryId: requireId(repositoryId, 'REPOSITORY_NOT_FOUND', 'repository'),
      });
    if (batchId !== '')
      query.andWhere('l.batch_id = :batchId', { batchId: requireId(batchId, 'BATCH_NOT_FOUND', 'batch') });
    if (changeId !== '')
      query.andWhere('l.change_id = :changeId', { changeId: requireId(changeId, 'CHANGE_NOT_FOUND', 'change') });
    if (request.states.length > 0) query.andWhere('l.state IN (:...states)', { states: request.states });
    if (after !== undefined) query.andWhere('l.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const positions = await queuePositions(this.dataSource.manager, page);
    return {
      landings: page.map((row) => toLanding(row, positions.get(row.id))),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  wait(id: string, timeout: Duration | undefined): Promise<Landing> {
    return waitUntil(
      this.bell,
      id,
      timeout,
      () => this.get(id),
      (landing) => landing.endTime !== undefined,
    );
  }

  /** A landing that is being pushed is not taken out: the branch decides first, as the forge does of one that is proposed. Ejecting twice is no error. */
  async eject(request: EjectLandingRequest): Promise<Landing> {
    const landing = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.LandingService/EjectLanding',
        requestId: request.requestId,
        request,
        requestCodec: EjectLandingRequest,
        responseCodec: Landing,
      },
      () => this.row(request.id),
      (manager, { id }) => this.takeOut(manager, id),
    );
    this.bell.ring(landing.id);
    this.dispatcher.poke();
    this.follower.poke();
    return landing;
  }

  /** @throws HeddleError LANDING_NOT_FOUND */
  async row(id: string): Promise<LandingEntity> {
    requireId(id, 'LANDING_NOT_FOUND', 'landing');
    const row = await this.dataSource.manager.findOneBy(LandingEntity, { id });
    if (row === null) throw new HeddleError('LANDING_NOT_FOUND', `There is no landing ${id}`, { metadata: { id } });
    return row;
  }

  private async prepare(
    request: Pick<CreateLandingRequest, 'changeId' | 'headCommit' | 'targetBranch' | 'delivery'>,
  ): Promise<Prepared> {
    const change = await this.changes.row(request.changeId);
    requireWhole(change, request.headCommit);
    const branch = await this.branchOf(change, request.targetBranch);
    await this.refuseSecond(this.dataSource.manager, change, branch, request.delivery !== Landing_Delivery.PUSH);
    const { repositoryId } = change;
    const queue = await this.dataSource.manager.findOneBy(LandingQueueEntity, { repositoryId, branch });
    if (deliveryOf(request.delivery, queue) === 'PULL_REQUEST') await this.forges.of(repositoryId);
    const results = await this.evidence.refresh(change.attemptId, false);
    await this.states.requireDecided(change.id);
    return { change, spec: await this.greenSpec(change, results), branch };
  }

  /** All for which a change would not be put into the queue of a branch as they are now. */
  async objections(
    change: ChangeEntity,
    targetBranch: string,
  ): Promise<{ readonly branch: string; readonly objections: readonly HeddleError[] }> {
    const branch = await this.branchOf(change, targetBranch);
    const objections = objectionsTo(change);
    const results = await this.evidence.refresh(change.attemptId, false);
    // Read again: the evidence has brought what is known of its task and its criteria.
    const undecided = await this.states.objectionAt(await this.changes.row(change.id));
    if (undecided !== undefined) objections.push(undecided);
    const steps = [
      () => this.refuseSecond(this.dataSource.manager, change, branch, true),
      () => this.greenSpec(change, results),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        // That another service is away says nothing of the change.
        if (!HeddleError.is(error) || !OBJECTIONS.has(error.reason)) throw error;
        objections.push(error);
      }
    }
    return { branch, objections };
  }

  private async branchOf(change: ChangeEntity, targetBranch: string): Promise<string> {
    const repository = await this.stores.repository(change.repositoryId);
    return targetBranch || change.sourceBranch || repository.defaultBranch;
  }

  /** What the change's checks are and where they run; all of them passed on its tree. @throws HeddleError CHECKS_NOT_GREEN */
  private async greenSpec(change: ChangeEntity, results: readonly CheckResult[]): Promise<SandboxSpec> {
    const spec = await this.specs.getSandboxSpec({
      owner: { kind: SandboxOwner_Kind.ATTEMPT, id: change.attemptId, fence: change.fence },
    });
    requireGreen(change, spec, results);
    return spec;
  }

  private async enqueue(
    manager: EntityManager,
    request: CreateLandingRequest,
    { change: seen, spec, branch, priority }: Prepared & { readonly priority: number },
  ): Promise<Landing> {
    const open = await lockProposed(manager, seen, branch, request.delivery);
    const change = await lockWithSiblings(manager, seen);
    // What was asked of the scheduler was about the head that was seen then.
    requireLandable(change, request.headCommit === '' ? seen.headCommit : request.headCommit);
    if (open !== undefined && isRenewable(open, change)) {
      await renewLanding(manager, open, change, { spec, priority });
      return toLanding(open, (await queuePositions(manager, [open])).get(open.id));
    }
    await this.refuseSecond(manager, change, branch);
    const queue = await ensureQueue(manager, { repositoryId: change.repositoryId, branch });
    const row = await insertLanding(manager, {
      changeId: change.id,
      attemptId: change.attemptId,
      taskId: change.taskId,
      batchId: change.batchId,
      repositoryId: change.repositoryId,
      queueId: queue.id,
      branch,
      style: (await wasTakenBack(manager, change, branch)) ? 'SQUASH' : styleOf(request.style, queue),
      delivery: deliveryOf(request.delivery, queue),
      priority,
      headCommit: change.headCommit,
      baseCommit: change.baseCommit,
      title: change.title,
      spec: Buffer.from(SandboxSpec.encode(spec).finish()),
      revertsId: null,
      traceparent: requestContext.get()?.traceparent ?? change.traceparent,
    });
    return toLanding(row, (await queuePositions(manager, [row])).get(row.id));
  }

  /**
   * Of a task one change is on its way into a branch, and one lands there: its attempts are rivals.
   * @param mayRenew its own open request, with another head, is in nobody's way
   */
  private async refuseSecond(
    manager: EntityManager,
    change: ChangeEntity,
    branch: string,
    mayRenew = false,
  ): Promise<void> {
    const live = await manager.findOneBy(LandingEntity, {
      batchId: change.batchId,
      taskId: change.taskId,
      branch,
      state: In(['QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED']),
      revertsId: IsNull(),
      revertedById: IsNull(),
    });
    if (live === null || (mayRenew && isRenewable(live, change))) return;
    const metadata = { id: live.id, changeId: live.changeId, attemptId: live.attemptId, branch };
    const what = live.changeId === change.id ? 'The change' : `Another attempt of the task, ${live.attemptId},`;
    if (live.state === 'LANDED')
      throw new HeddleError('ALREADY_LANDED', `${what} has landed on ${branch} already`, { metadata });
    throw new HeddleError('LANDING_EXISTS', `${what} is in the queue of ${branch} already`, { metadata });
  }

  private async takeOut(manager: EntityManager, id: string): Promise<Landing> {
    const [row] = await lockLandings(manager, [id]);
    if (row === undefined) throw new Error('unreachable: landings are never deleted');
    if (row.state === 'EJECTED') return toLanding(row);
    if (isLandingSettled(row.state) && row.state !== 'CONFLICTED') {
      throw new HeddleError('LANDING_NOT_QUEUED', `The landing is ${row.state}: it can't be taken out of the queue`, {
        metadata: { id, state: row.state },
      });
    }
    if (row.state === 'PUSHING') {
      throw new HeddleError('LANDING_NOT_QUEUED', 'The landing is being pushed: the branch decides first', {
        metadata: { id, state: row.state },
      });
    }
    if (row.state === 'PROPOSED') {
      // The forge decides: it is asked to close the request, unless it has merged it.
      const message = 'The forge is asked to close the pull request';
      if (row.reason !== EJECTED_BY_USER)
        await noteOnLanding(manager, row, 'landing.updated', { reason: EJECTED_BY_USER, message, lookTime: null });
      return toLanding(row);
    }
    // The queue's workflow is told: what it merged or tested of it is of no use any more.
    await moveLanding(manager, row, 'EJECTED', { reason: EJECTED_BY_USER, candidate: null, dispatchedAt: null });
    return toLanding(row);
  }
}

/** To a merge it would still be there: what was taken back comes again as a commit of its own. */
function wasTakenBack(manager: EntityManager, { id: changeId }: ChangeEntity, branch: string): Promise<boolean> {
  return manager.existsBy(LandingEntity, { changeId, branch, revertedById: Not(IsNull()) });
}

/** In the order of ids: of two attempts of a task that are asked for at once, the second finds the landing of the first. */
async function lockWithSiblings(manager: EntityManager, { id, batchId, taskId }: ChangeEntity): Promise<ChangeEntity> {
  const changes = await manager.find(ChangeEntity, {
    where: { batchId, taskId },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  const change = changes.find((each) => each.id === id);
  if (change === undefined) throw new Error('unreachable: changes are never deleted');
  return change;
}
