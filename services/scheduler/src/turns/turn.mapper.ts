import { Turn_State, type Turn } from '@heddle/contracts';
import { toCountedUsage } from '../budgets/counted-models.js';
import type { TurnEntity } from '../persistence/turn.entity.js';

export function toTurn(row: TurnEntity): Turn {
  return {
    attemptId: row.attemptId,
    turn: row.turn,
    state: Turn_State[row.state],
    statusDetail: row.statusDetail,
    message: row.message,
    principal: row.principal,
    verdictId: row.verdictId ?? undefined,
    conversation: row.conversation,
    createTime: row.createTime,
    startTime: row.startTime ?? undefined,
    endTime: row.endTime ?? undefined,
    answer: row.report?.answer ?? '',
    modelUsage: toCountedUsage(row.countedModels),
  };
}
