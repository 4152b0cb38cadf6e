import type { ResumePoint } from '@heddle/contracts/internal';
import type { TurnMode } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { TurnEntity } from '../persistence/turn.entity.js';

export interface TurnSpec {
  readonly prompt: string;
  readonly resume: ResumePoint | undefined;
  readonly earlierPrompts: string[];
}

/** They go to the runner in one message, and are only for an agent that has lost its conversation. */
const KEPT_PROMPTS = 16;
const MAX_PROMPT_CHARACTERS = 32 * 1024;

/**
 * What an attempt's present turn asks, and where it goes on.
 * @param first the prompt of its first turn, and the commit that it begins with where that is not the base
 */
export async function turnSpec(
  manager: EntityManager,
  { id: attemptId, turn }: { readonly id: string; readonly turn: number },
  mode: TurnMode,
  { prompt: first, commit: start }: { readonly prompt: string; readonly commit: string },
): Promise<TurnSpec> {
  // What is to change nothing begins on the base: an earlier turn may have left what it must not.
  const begin = mode === 'CODE' ? start : '';
  if (turn === 1) {
    const resume = begin === '' ? undefined : { commit: begin, conversationId: '', conversationCommit: '' };
    return { prompt: first, resume, earlierPrompts: [] };
  }
  const rows = await manager.find(TurnEntity, {
    where: { attemptId },
    select: { attemptId: true, turn: true, message: true, checkpoint: true, statusDetail: true },
    order: { turn: 'ASC' },
  });
  const before = rows.filter((row) => row.turn < turn && row.statusDetail !== 'TURN_NOT_BEGUN');
  const checkpoint = before.findLast((row) => row.checkpoint !== null)?.checkpoint ?? undefined;
  const messages = before.filter((row) => row.turn > 1).map((row) => row.message);
  return {
    prompt: rows.find((row) => row.turn === turn)?.message ?? first,
    resume: {
      commit: mode === 'CODE' ? (checkpoint?.commit ?? begin) : '',
      conversationId: checkpoint?.conversation?.id ?? '',
      conversationCommit: checkpoint?.conversation?.commit ?? '',
    },
    earlierPrompts: [first, ...messages.slice(1 - KEPT_PROMPTS)].map((prompt) =>
      prompt.slice(0, MAX_PROMPT_CHARACTERS),
    ),
  };
}
