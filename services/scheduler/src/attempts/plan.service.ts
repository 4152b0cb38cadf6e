import { Injectable } from '@nestjs/common';
import { ApprovePlanRequest, Attempt, type Plan } from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { answerOnce, appendEvents } from '@heddle/platform/outbox';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { refuseSpentBudgets } from '../budgets/spent-budgets.js';
import { AttemptPlanEntity } from '../persistence/attempt-plan.entity.js';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { newTurn } from '../turns/record-turn.js';
import { AttemptDispatcher } from './attempt-dispatcher.js';
import { attemptEvent, changeAttempt, lockAttempt } from './attempt-rows.js';
import { toAttempt } from './attempt.mapper.js';
import { AttemptService } from './attempt.service.js';
import { carryOut } from './compose-prompt.js';
import { newestPlan } from './plan-rows.js';

const MAX_PLAN_BYTES = 64 * 1024;

/** What agents would do, for somebody to approve before they do. */
@Injectable()
export class PlanService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
    private readonly dispatcher: AttemptDispatcher,
    private readonly bell: ChangeBell,
  ) {}

  /** The newest one. @throws HeddleError ATTEMPT_NOT_FOUND, PLAN_NOT_FOUND */
  async get(id: string): Promise<Plan> {
    const attempt = await this.attempts.row(id);
    return toPlan(await newestPlan(this.dataSource.manager, attempt.id));
  }

  /**
   * Lets the attempt carry out its plan in its next turn: a row first, then the dispatcher wakes its workflow.
   * @throws HeddleError ATTEMPT_NOT_FOUND, FIELD_INVALID, ATTEMPT_NOT_WAITING, BUDGET_EXHAUSTED, CHANGE_MOVED for another version than the newest
   */
  async approve(request: ApprovePlanRequest): Promise<Attempt> {
    refuseInvalid(request);
    const attempt = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.AttemptService/ApprovePlan',
        requestId: request.requestId,
        request,
        requestCodec: ApprovePlanRequest,
        responseCodec: Attempt,
      },
      () => this.attempts.row(request.id),
      (manager, { id }) => approve(manager, id, request),
    );
    this.bell.ring(attempt.id);
    this.dispatcher.poke();
    return attempt;
  }
}

async function approve(manager: EntityManager, id: string, request: ApprovePlanRequest): Promise<Attempt> {
  const locked = await lockAttempt(manager, id);
  if (locked === undefined) throw new Error(`Attempt ${id} has no row`);
  const { attempt, around } = locked;
  if (attempt.state !== 'WAITING_FOR_USER' || attempt.stopRequested !== null) throw notWaiting(attempt);
  await refuseSpentBudgets(manager, { attemptId: id, taskId: attempt.taskId, batchId: attempt.batchId });
  const plan = await newestPlan(manager, id);
  requireVersion(plan, request.planVersion);
  const now = new Date();
  const approver = requestContext.get()?.principal ?? '';
  // What is sent back as it was read is no edit.
  const approvedText = request.text === undefined || request.text === plan.text ? null : request.text;
  await manager.update(
    AttemptPlanEntity,
    { attemptId: id, version: plan.version },
    { approveTime: now, approver, approvedText },
  );
  const turn = attempt.turn + 1;
  const message = carryOut(approvedText ?? plan.text);
  await manager.insert(TurnEntity, newTurn(manager, id, turn, { message, principal: approver }));
  await changeAttempt(manager, attempt, {
    state: 'QUEUED',
    statusDetail: '',
    statusMessage: '',
    stateSince: now,
    turn,
    restartCount: 0,
    dispatchedAt: null,
  });
  await appendEvents(manager, [attemptEvent(locked, 'attempt.queued')]);
  return toAttempt(attempt, around);
}

function refuseInvalid({ text, planVersion }: ApprovePlanRequest): void {
  const violations = [];
  if (text?.trim() === '')
    violations.push({
      field: 'text',
      description: 'must say what is to be done; leave it out to approve what there is',
    });
  if (text !== undefined && Buffer.byteLength(text) > MAX_PLAN_BYTES)
    violations.push({ field: 'text', description: 'must be at most 64 KiB' });
  if (planVersion < 0) violations.push({ field: 'plan_version', description: 'must not be negative' });
  if (violations.length > 0) throw fieldInvalid(violations);
}

/** A decision holds for what its maker saw; 0: the newest. */
function requireVersion({ attemptId, version }: AttemptPlanEntity, seen: number): void {
  if (seen === 0 || seen === version) return;
  throw new HeddleError('CHANGE_MOVED', `The plan has moved on since: it is version ${String(version)}`, {
    metadata: { id: attemptId, planVersion: String(version), seen: String(seen) },
  });
}

function notWaiting({ id, state, stopRequested }: AttemptEntity): HeddleError {
  const now = stopRequested === null ? state : `${state} and being stopped`;
  return new HeddleError(
    'ATTEMPT_NOT_WAITING',
    `Attempt ${id} is ${now}; only one that waits with its plan is approved`,
    {
      metadata: { id, state, allowedStates: 'WAITING_FOR_USER' },
    },
  );
}

function toPlan(row: AttemptPlanEntity): Plan {
  return {
    attemptId: row.attemptId,
    version: row.version,
    text: row.text,
    createTime: row.createTime,
    approveTime: row.approveTime ?? undefined,
    approver: row.approver ?? '',
    approvedText: row.approvedText ?? undefined,
  };
}
