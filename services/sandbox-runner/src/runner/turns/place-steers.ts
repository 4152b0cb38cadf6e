import { join } from 'node:path';
import { steerFile } from '@heddle/agents';
import type { SteeringMessage } from '@heddle/contracts/internal';
import { currentAgentBox } from '../phases/agent-box.js';
import type { PhaseContext } from '../phases/phase-context.js';
import { writeOnce } from '../phases/write-once.js';

/**
 * Puts messages where the agents that they are for look for them. A repeat changes nothing; what is for a sandbox that is
 * not here, or in which no agent was started yet, comes again with the next answer.
 */
export async function placeSteers(
  { sandboxes, logger }: Pick<PhaseContext, 'sandboxes' | 'logger'>,
  messages: readonly SteeringMessage[],
): Promise<void> {
  for (const { attemptId, fence, turn, number, text } of messages) {
    try {
      const sandbox = await sandboxes.find({ kind: 'ATTEMPT', id: attemptId, fence: Number(fence) });
      const state = await sandbox?.state();
      const box = sandbox === undefined || state === undefined ? undefined : currentAgentBox(sandbox, state);
      if (box === undefined) continue;
      const file = steerFile(turn, { number, text });
      await writeOnce(join(box.paths.run, file.name), file.content);
    } catch (error) {
      logger.warn({ err: error, attemptId, number }, 'a message could not be given to an agent');
    }
  }
}
