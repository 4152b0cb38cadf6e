import { agentAdapter } from '@heddle/agents';
import type { AttemptStep, ModelUsageCount } from '@heddle/contracts/workflows';
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
  const row = (await manager.findOneBy(TurnEntity, { attemptId, turn })) ?? newTurn(manager, attemptId, turn);
  const now = new Date();
  const { turn: result, captured } = step;
  row.state = stateOf(step);
  row.statusDetail = isEndState(step.state) ? step.statusDetail : '';
  if (result?.startedAt !== undefined) row.startTime = new Date(result.startedAt);
  else if (step.state === 'RUNNING') row.startTime ??= now;
  if (row.state !== 'QUEUED' && row.state !== 'RUNNING') row.endTime = now;
  if (result?.conversation !== undefined) row.conversation = result.conversation;
  if (captured !== undefined) row.checkpoint = captured;
  if (result?.report !== undefined) {
    row.report = result.report;
    row.usage = (await ownUsage(manager, row, agentKind)) ?? null;
  }
  await manager.save(TurnEntity, row);
  return result?.report === undefined ? undefined : usageSoFar(manager, attemptId);
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
  { attemptId, turn, conversation, report }: TurnEntity,
  agentKind: string,
): Promise<ModelUsageCount | undefined> {
  const told = report?.usage;
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
