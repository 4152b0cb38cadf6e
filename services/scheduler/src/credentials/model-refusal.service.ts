import { Inject, Injectable } from '@nestjs/common';
import type { ReportModelRefusalRequest } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { durationMs } from '@heddle/platform/waiting';
import { DataSource } from 'typeorm';
import { AttemptService } from '../attempts/attempt.service.js';
import { claimedAttempt } from '../attempts/claimed-attempt.js';

/** Where the server did not say when to come again. */
const DEFAULT_MS = 20_000;
/** A server that asks for more is asked again then: what it says next holds. */
const MAX_MS = 3_600_000;

/** Keeps new attempts from a model's server that said that it is asked too often. */
@Injectable()
export class ModelRefusalService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * A cooldown is only ever made longer, by one statement: of any number of reports the longest holds, in any order.
   * @throws HeddleError OWNER_NOT_FOUND, ATTEMPT_NOT_FOUND, FENCE_SUPERSEDED; CREDENTIAL_NOT_FOUND for one that is not the owner's
   */
  async report({ owner, credentialId, status, retryAfter, refuseTime }: ReportModelRefusalRequest): Promise<void> {
    const attempt = await claimedAttempt(this.attempts, owner);
    if (attempt.credentialId === null || attempt.credentialId !== credentialId)
      throw new HeddleError('CREDENTIAL_NOT_FOUND', `Attempt ${attempt.id} does not use credential ${credentialId}`, {
        metadata: { id: credentialId, attemptId: attempt.id },
      });
    const now = Date.now();
    // A runner that starts again reports what it reported before.
    const refusedAt = Math.min(refuseTime?.getTime() ?? now, now);
    const waitMs = retryAfter === undefined ? DEFAULT_MS : Math.min(Math.max(durationMs(retryAfter), 0), MAX_MS);
    const until = new Date(refusedAt + waitMs);
    if (until.getTime() <= now) return;
    const [rows]: [unknown[], number] = await this.dataSource.query(
      `UPDATE credentials SET cooldown_end_time = $2
       WHERE id = $1 AND (cooldown_end_time IS NULL OR cooldown_end_time < $2) RETURNING id`,
      [credentialId, until],
    );
    if (rows.length > 0)
      this.logger.info(
        { credentialId, status, until },
        'a model refused a request; no attempt of its credential begins until then',
      );
  }
}
