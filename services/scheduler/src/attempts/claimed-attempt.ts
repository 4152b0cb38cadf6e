import { SandboxOwner_Kind, type SandboxOwner } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import type { AttemptService } from './attempt.service.js';

/**
 * The attempt of the holder of its newest fence.
 * @throws HeddleError OWNER_NOT_FOUND, ATTEMPT_NOT_FOUND, FENCE_SUPERSEDED
 */
export async function claimedAttempt(
  attempts: AttemptService,
  owner: SandboxOwner | undefined,
): Promise<AttemptEntity> {
  if (owner?.kind !== SandboxOwner_Kind.ATTEMPT) {
    throw new HeddleError('OWNER_NOT_FOUND', 'The scheduler knows sandboxes of attempts and jobs only', {
      metadata: { kind: owner?.kind ?? '' },
    });
  }
  const attempt = await attempts.row(owner.id);
  if (attempt.fence !== owner.fence) {
    throw new HeddleError('FENCE_SUPERSEDED', `Attempt ${attempt.id} was claimed again since`, {
      metadata: { fence: owner.fence, newest: attempt.fence },
    });
  }
  return attempt;
}
