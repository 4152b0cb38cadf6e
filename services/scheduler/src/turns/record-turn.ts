import { agentAdapter } from '@heddle/agents';
import type { AgentReport, AttemptStep, ModelUsageCount } from '@heddle/contracts/workflows';
import { isEndState } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { TurnEntity } from '../persistence/turn.entity.js';
import { lessUsage, moreUsage } from './turn-usage.js';

/**
 * What a step of the attempt says of its present turn, in the step's transaction.
 * @param attempt as it was before the step; the caller holds its lock
 * @returns what all turns so far have used, where the step tells of this one's
 */
export async function recordTurn(
  manager: EntityManager,
  attempt: AttemptEntity,
  agentKind: string,
  step: AttemptStep,
): Promise<ModelUsageCount | undefined> {
  const { id: attemptId, turn } = attempt;
  const { turn: result, captured } = step;
  const { report, conversation = '', startedAt } = result ?? {};
  const usage = report && (await ownUsage(manager, { attemptId, turn, conversation, report }, agentKind));
  const [state, now] = [stateOf(step), new Date()];
  const told = startedAt === undefined ? null : new Date(startedAt);
  // One statement: each step of each attempt comes through here.
  await manager.query(
    `INSERT INTO turns (attempt_id, turn, state, status_detail, conversation, checkpoint, report, usage, start_time, end_time)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9::timestamptz, $10::timestamptz), $11)
     ON CONFLICT (attempt_id, turn) DO UPDATE SET
       state = excluded.state,
       status_detail = excluded.status_detail,
       conversation = coalesce(nullif(excluded.conversation, ''), turns.conversation),
       checkpoint = coalesce(excluded.checkpoint, turns.checkpoint),
       report = coalesce(excluded.report, turns.report),
       usage = CASE WHEN excluded.report IS NULL THEN turns.usage ELSE excluded.usage END,
       start_time = coalesce($9::timestamptz, turns.start_time, excluded.start_time),
       end_time = coalesce(excluded.end_time, turns.end_time)`,
    [
      attemptId,
      turn,
      state,
      isEndState(step.state) ? step.statusDetail : '',
      conversation,
      toJson(captured),
      toJson(report),
      toJson(usage),
      told,
      step.state === 'RUNNING' ? now : null,
      state === 'QUEUED' || state === 'RUNNING' ? null : now,
    ],
  );
  return report === undefined ? undefined : usageSoFar(manager, attemptId);
}

function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

async function usageSoFar(manager: EntityManager, attemptId: string): Promise<ModelUsageCount | undefined> {
  const rows = await manager.find(TurnEntity, {
    where: { attemptId },
    select: { attemptId: true, turn: true, usage: true },
    order: { turn: 'ASC' },
  });
  return rows.reduce<ModelUsageCount | undefined>(
    (sum, { usage }) => (usage === null ? sum : moreUsage(sum, usage)),
    undefined,
  );
}

export function newTurn(
  manager: EntityManager,
  attemptId: string,
  turn: number,
  wish: Partial<Pick<TurnEntity, 'message' | 'principal' | 'verdictId'>> = {},
): TurnEntity {
  return manager.create(TurnEntity, {
    attemptId,
    turn,
    state: 'QUEUED',
    statusDetail: '',
    message: '',
    principal: '',
    verdictId: null,
    conversation: '',
    checkpoint: null,
    report: null,
    usage: null,
    createTime: new Date(),
    startTime: null,
    endTime: null,
    ...wish,
  });
}

function stateOf({ state, statusDetail }: AttemptStep): TurnEntity['state'] {
  // A lost runner: it begins anew.
  if (state === 'QUEUED') return 'QUEUED';
  // With its plan: this turn is done.
  if (state === 'WAITING_FOR_USER') return 'COMPLETED';
  if (!isEndState(state)) return 'RUNNING';
  return statusDetail === 'TURN_INTERRUPTED' ? 'CANCELLED' : (state as TurnEntity['state']);
}

/** Some programs tell of a resumed turn what the whole conversation has used. */
async function ownUsage(
  manager: EntityManager,
  {
    attemptId,
    turn,
    conversation,
    report,
  }: Pick<TurnEntity, 'attemptId' | 'turn' | 'conversation'> & {
    readonly report: AgentReport;
  },
  agentKind: string,
): Promise<ModelUsageCount | undefined> {
  const told = report.usage;
  if (told === undefined || conversation !== 'RESUMED') return told;
  if (!agentAdapter(agentKind).capabilities.usageIsCumulative) return told;
  const earlier = await manager
    .createQueryBuilder(TurnEntity, 't')
    .where('t.attempt_id = :attemptId AND t.turn < :turn', { attemptId, turn })
    .andWhere("t.report -> 'usage' IS NOT NULL")
    .orderBy('t.turn', 'DESC')
    .getOne();
  return earlier?.report?.usage === undefined ? told : lessUsage(told, earlier.report.usage);
}
