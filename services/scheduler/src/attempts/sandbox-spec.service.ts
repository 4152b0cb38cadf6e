import { Injectable } from '@nestjs/common';
import { SandboxSpec, type GetSandboxSpecRequest } from '@heddle/contracts/internal';
import { DataSource } from 'typeorm';
import { isToolWanted } from '../agents/agent-tool-rows.js';
import { findEnvironment } from '../environments/environment-rows.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { RepositoryEntity } from '../persistence/repository.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { AttemptService } from './attempt.service.js';
import { claimedAttempt } from './claimed-attempt.js';
import { composePrompt } from './compose-prompt.js';

/** What a runner may know of an attempt, for the holder of its newest fence only. */
@Injectable()
export class SandboxSpecService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
  ) {}

  /** @throws HeddleError OWNER_NOT_FOUND, FENCE_SUPERSEDED */
  async get({ owner }: GetSandboxSpecRequest): Promise<SandboxSpec> {
    const attempt = await claimedAttempt(this.attempts, owner);
    const { manager } = this.dataSource;
    const [task, batch, repository] = await Promise.all([
      manager.findOneByOrFail(TaskEntity, { id: attempt.taskId }),
      manager.findOneByOrFail(BatchEntity, { id: attempt.batchId }),
      manager.findOneByOrFail(RepositoryEntity, { id: attempt.repositoryId }),
    ]);
    const { environment, version } = await findEnvironment(manager, batch.environmentId, batch.environmentVersion);
    return SandboxSpec.fromPartial({
      owner,
      repositoryId: attempt.repositoryId,
      baseCommit: batch.baseCommit,
      commit: '',
      agent: task.agent,
      agentWanted: await isToolWanted(manager, task.agent),
      prompt: composePrompt(batch.brief, task.prompt, task.acceptance),
      checks: task.checks,
      variables: version.variables,
      limits: version.limits ?? undefined,
      environmentVersion: version.version,
      batchId: batch.id,
      taskId: task.id,
      attemptNumber: attempt.attemptNumber,
      title: task.title,
      sourceBranch: batch.sourceBranch,
      traceparent: batch.traceparent,
      ended: attempt.endTime !== null,
      setup: version.setup ?? undefined,
      maintenance: version.maintenance,
      network: version.network ?? undefined,
      rootfs: version.rootfs ?? undefined,
      driver: version.driver,
      keepDuration: version.keepDuration ?? undefined,
      environmentId: environment.id,
      cacheEpoch: environment.cacheEpoch,
      trustedBase: batch.sourceBranch !== '' && batch.sourceBranch === repository.defaultBranch,
    });
  }
}
