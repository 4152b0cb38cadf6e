import { Inject, Injectable } from '@nestjs/common';
import {
  SandboxOwner_Kind,
  type GetSandboxSecretsRequest,
  type GetSandboxSecretsResponse,
  type ModelAccess,
  type SandboxOwner,
  type SandboxSecret,
} from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { DataSource } from 'typeorm';
import { AttemptService } from '../attempts/attempt.service.js';
import { claimedAttempt } from '../attempts/claimed-attempt.js';
import { openCredential } from '../credentials/credential-envelope.js';
import { claimedJob } from '../jobs/job-spec.js';
import { JobService } from '../jobs/job.service.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { CredentialEntity } from '../persistence/credential.entity.js';
import { EnvironmentSecretEntity } from '../persistence/environment-secret.entity.js';
import { KEY_PROVIDER } from '../shared/tokens.js';
import type { KeyProvider } from './key-provider.js';
import { openSecret } from './secret-envelope.js';
import { toSandboxSecret } from './secret.mapper.js';

/** The secrets of an environment, and what agents reach their models by, with their values, for those who make sandboxes of it. */
@Injectable()
export class SandboxSecretsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
    private readonly jobs: JobService,
    @Inject(KEY_PROVIDER) private readonly keys: KeyProvider,
  ) {}

  /** @throws HeddleError OWNER_NOT_FOUND, FENCE_SUPERSEDED, ATTEMPT_ENDED, JOB_ENDED, SECRET_UNREADABLE */
  async forOwner({ owner }: GetSandboxSecretsRequest): Promise<GetSandboxSecretsResponse> {
    if (owner?.kind === SandboxOwner_Kind.JOB) return { secrets: await this.forJob(owner), model: undefined };
    const attempt = await claimedAttempt(this.attempts, owner);
    if (attempt.endTime !== null)
      throw new HeddleError('ATTEMPT_ENDED', `Attempt ${attempt.id} has ended: no sandbox of it needs a secret`, {
        metadata: { id: attempt.id },
      });
    const batch = await this.dataSource.manager.findOneByOrFail(BatchEntity, { id: attempt.batchId });
    return {
      secrets: await this.ofEnvironment(batch.environmentId),
      model: attempt.credentialId === null ? undefined : await this.modelAccess(attempt.credentialId),
    };
  }

  /** As an attempt's: a set-up has the same in a dry run. */
  private async forJob(owner: SandboxOwner): Promise<SandboxSecret[]> {
    const job = await claimedJob(this.jobs, owner);
    if (job.endTime !== null)
      throw new HeddleError('JOB_ENDED', `Job ${job.id} has ended: no sandbox of it needs a secret`, {
        metadata: { id: job.id },
      });
    return this.ofEnvironment(job.environmentId);
  }

  /** @param kind absent: both */
  async ofEnvironment(environmentId: string, kind?: EnvironmentSecretEntity['kind']): Promise<SandboxSecret[]> {
    const rows = await this.dataSource.manager.find(EnvironmentSecretEntity, {
      where: { environmentId, ...(kind === undefined ? {} : { kind }) },
      order: { name: 'ASC' },
    });
    return Promise.all(rows.map(async (row) => toSandboxSecret(row, await openSecret(this.keys, row))));
  }

  private async modelAccess(credentialId: string): Promise<ModelAccess> {
    const row = await this.dataSource.manager.findOneByOrFail(CredentialEntity, { id: credentialId });
    const { name, provider, baseUrl } = row;
    return { credentialId, name, provider, baseUrl, value: await openCredential(this.keys, row) };
  }
}
