import { Injectable } from '@nestjs/common';
import { Task_Mode } from '@heddle/contracts';
import { SandboxOwner_Kind, SandboxSpec, type GetSandboxSpecRequest } from '@heddle/contracts/internal';
import { DataSource } from 'typeorm';
import { isToolWanted } from '../agents/agent-tool-rows.js';
import { serversOfEnvironment } from '../agents/environment-servers.js';
import { findEnvironment } from '../environments/environment-rows.js';
import { environmentSpec } from '../environments/environment-spec.js';
import { claimedJob, jobSpec } from '../jobs/job-spec.js';
import { JobService } from '../jobs/job.service.js';
import { BatchEntity } from '../persistence/batch.entity.js';
import { RepositoryEntity } from '../persistence/repository.entity.js';
import { TaskEntity } from '../persistence/task.entity.js';
import { OverlapNotes } from '../turns/overlap-notes.js';
import { turnSpec } from '../turns/turn-spec.js';
import { AttemptService } from './attempt.service.js';
import { claimedAttempt } from './claimed-attempt.js';
import { composeInstructions, composePrompt, promptOf } from './compose-prompt.js';
import { approvedPlan, turnMode } from './plan-rows.js';

/** What a runner may know of an attempt or a job, for the holder of its newest fence only. */
@Injectable()
export class SandboxSpecService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly attempts: AttemptService,
    private readonly jobs: JobService,
    private readonly overlapNotes: OverlapNotes,
  ) {}

  /** @throws HeddleError OWNER_NOT_FOUND, ATTEMPT_NOT_FOUND, JOB_NOT_FOUND, FENCE_SUPERSEDED */
  async get({ owner }: GetSandboxSpecRequest): Promise<SandboxSpec> {
    const { manager } = this.dataSource;
    if (owner?.kind === SandboxOwner_Kind.JOB) return jobSpec(manager, await claimedJob(this.jobs, owner), owner);
    const attempt = await claimedAttempt(this.attempts, owner);
    const [task, batch, repository] = await Promise.all([
      manager.findOneByOrFail(TaskEntity, { id: attempt.taskId }),
      manager.findOneByOrFail(BatchEntity, { id: attempt.batchId }),
      manager.findOneByOrFail(RepositoryEntity, { id: attempt.repositoryId }),
    ]);
    const agent = attempt.agent ?? task.agent;
    const plan = task.mode === 'PLAN' ? await approvedPlan(manager, attempt.id) : undefined;
    const mode = turnMode(task.mode, plan);
    const rows = await findEnvironment(manager, batch.environmentId, batch.environmentVersion);
    const turn = await turnSpec(manager, attempt, mode, {
      prompt: composePrompt(batch.brief, promptOf(task, attempt.variant), task.acceptance),
      commit: task.startCommit,
    });
    const isTold = rows.version.tellOverlaps && attempt.turn > 1 && mode === 'CODE';
    const note = isTold ? await this.overlapNotes.of(attempt) : '';
    return SandboxSpec.fromPartial({
      ...environmentSpec(rows),
      owner,
      repositoryId: attempt.repositoryId,
      baseCommit: batch.baseCommit,
      commit: '',
      // What an earlier version let a task say names nothing.
      agent: { ...agent, credentialId: attempt.credentialId ?? '' },
      environmentMcpServers: serversOfEnvironment(agent, rows.version.agent),
      agentWanted: await isToolWanted(manager, agent),
      turn: attempt.turn,
      ...turn,
      prompt: note === '' ? turn.prompt : `${turn.prompt.trimEnd()}\n\n${note}`,
      mode: Task_Mode[mode],
      instructions: composeInstructions(batch.brief, task.acceptance, task.declaredPaths),
      checks: task.checks,
      batchId: batch.id,
      taskId: task.id,
      attemptNumber: attempt.attemptNumber,
      title: task.title,
      sourceBranch: batch.sourceBranch,
      traceparent: batch.traceparent,
      ended: attempt.endTime !== null || attempt.state === 'WAITING_FOR_USER',
      trustedBase: batch.sourceBranch !== '' && batch.sourceBranch === repository.defaultBranch,
    });
  }
}
