import { Injectable } from '@nestjs/common';
import { SandboxOwner_Kind, SandboxSpec, type GetSandboxSpecRequest } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { DataSource } from 'typeorm';
import { BatchEntity } from '../persistence/batch.entity.js';
import { EnvironmentVersionEntity } from '../persistence/environment.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { AttemptService } from './attempt.service.js';
import { composePrompt } from './compose-prompt.js';

/** What a runner may know of an attempt, for the holder of its newest fence only. */
@Injectable()
export class SandboxSpecService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
  ) {}

  async get({ owner }: GetSandboxSpecRequest): Promise<SandboxSpec> {
    if (owner?.kind !== SandboxOwner_Kind.ATTEMPT) {
      throw new HeddleError('OWNER_NOT_FOUND', 'The scheduler knows sandboxes of attempts only', {
        metadata: { kind: owner?.kind ?? '' },
      });
    }
    const attempt = await this.attempts.row(owner.id);
    if (attempt.fence !== owner.fence) {
      throw new HeddleError('FENCE_SUPERSEDED', `Attempt ${attempt.id} was claimed again since`, {
        metadata: { fence: owner.fence, newest: attempt.fence },
      });
    }
    const { manager } = this.dataSource;
    const [task, batch, environment] = await Promise.all([
      manager.findOneByOrFail(TaskEntity, { id: attempt.taskId }),
      manager.findOneByOrFail(BatchEntity, { id: attempt.batchId }),
      manager
        .createQueryBuilder(EnvironmentVersionEntity, 'e')
        .innerJoin(BatchEntity, 'b', 'b.environment_id = e.environment_id AND b.environment_version = e.version')
        .where('b.id = :id', { id: attempt.batchId })
        .getOneOrFail(),
    ]);
    return SandboxSpec.fromPartial({
      owner,
      repositoryId: attempt.repositoryId,
      baseCommit: batch.baseCommit,
      commit: '',
      agent: task.agent,
      prompt: composePrompt(batch.brief, task.prompt, task.acceptance),
      checks: task.checks,
      variables: environment.variables,
      limits: environment.limits ?? undefined,
      environmentVersion: environment.version,
      batchId: batch.id,
      taskId: task.id,
      attemptNumber: attempt.attemptNumber,
      title: task.title,
      sourceBranch: batch.sourceBranch,
      traceparent: batch.traceparent,
      ended: attempt.endTime !== null,
    });
  }
}
