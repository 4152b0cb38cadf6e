import { SandboxSpec, type SandboxOwner } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { findEnvironment } from '../environments/environment-rows.js';
import { environmentSpec } from '../environments/environment-spec.js';
import type { JobEntity } from '../persistence/job.entity.js';
import { RepositoryEntity } from '../persistence/repository.entity.js';
import type { JobService } from './job.service.js';

/**
 * The job of the holder of its newest fence.
 * @throws HeddleError JOB_NOT_FOUND, FENCE_SUPERSEDED
 */
export async function claimedJob(jobs: JobService, owner: SandboxOwner): Promise<JobEntity> {
  const job = await jobs.row(owner.id);
  if (job.fence !== owner.fence) {
    throw new HeddleError('FENCE_SUPERSEDED', `Job ${job.id} was claimed again since`, {
      metadata: { fence: owner.fence, newest: job.fence },
    });
  }
  return job;
}

/** What a runner may know of a job. */
export async function jobSpec(manager: EntityManager, job: JobEntity, owner: SandboxOwner): Promise<SandboxSpec> {
  const repository = await manager.findOneByOrFail(RepositoryEntity, { id: job.repositoryId });
  const rows = await findEnvironment(manager, job.environmentId, job.environmentVersion);
  return SandboxSpec.fromPartial({
    ...environmentSpec(rows),
    owner,
    repositoryId: job.repositoryId,
    baseCommit: job.commit,
    checks: job.runChecks ? rows.version.checks : [],
    title: `Dry run of ${rows.environment.name}`,
    sourceBranch: job.sourceBranch,
    traceparent: job.traceparent,
    ended: job.endTime !== null,
    trustedBase: job.sourceBranch !== '' && job.sourceBranch === repository.defaultBranch,
  });
}
