import { Injectable } from '@nestjs/common';
import {
  CancelJobRequest,
  Job,
  ValidateEnvironmentRequest,
  type Duration,
  type ListJobsRequest,
  type ListJobsResponse,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError, isRefName, JOB_END_STATES, type FieldViolation } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import { newId, requireId } from '@heddle/platform/ids';
import { answerOnce, appendEvent } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { ChangeBell, waitUntil } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { BatchService } from '../batches/batch.service.js';
import type { PreparedBatch } from '../batches/insert-batch.js';
import { JobEntity } from '../persistence/job.entity.js';
import { JobDispatcher } from './job-dispatcher.js';
import { jobEvent, toJob } from './job.mapper.js';

@Injectable()
export class JobService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly batches: BatchService,
    private readonly dispatcher: JobDispatcher,
    private readonly bell: ChangeBell,
  ) {}

  /** Starts a dry run of an environment's set-up at a commit, which is resolved once, here, and frozen. */
  async validateEnvironment(request: ValidateEnvironmentRequest): Promise<Job> {
    refuseInvalid(request);
    const job = await answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.EnvironmentService/ValidateEnvironment',
        requestId: request.requestId,
        request,
        requestCodec: ValidateEnvironmentRequest,
        responseCodec: Job,
      },
      () => {
        const { repositoryId, ref, id: environmentId, version: environmentVersion } = request;
        return this.batches.prepare({ repositoryId, ref, environmentId, environmentVersion });
      },
      (manager, start) => insert(manager, request, start),
    );
    this.dispatcher.poke();
    return job;
  }

  async get(id: string): Promise<Job> {
    return toJob(await this.row(id));
  }

  /** @throws HeddleError JOB_NOT_FOUND */
  async row(id: string): Promise<JobEntity> {
    requireId(id, 'JOB_NOT_FOUND', 'job');
    const row = await this.dataSource.manager.findOneBy(JobEntity, { id });
    if (row === null) throw new HeddleError('JOB_NOT_FOUND', `There is no job ${id}`, { metadata: { id } });
    return row;
  }

  async list(request: ListJobsRequest): Promise<ListJobsResponse> {
    const size = pageSize(request.pageSize);
    const filters = { environmentId: request.environmentId, states: [...request.states].sort() };
    const after = decodePageToken(request.pageToken, filters);
    const query = this.dataSource.manager
      .createQueryBuilder(JobEntity, 'j')
      .orderBy('j.id', 'DESC')
      .limit(size + 1);
    if (request.environmentId !== '') {
      const environmentId = requireId(request.environmentId, 'ENVIRONMENT_NOT_FOUND', 'environment');
      query.andWhere('j.environment_id = :environmentId', { environmentId });
    }
    if (request.states.length > 0) query.andWhere('j.state IN (:...states)', { states: request.states });
    if (after !== undefined) query.andWhere('j.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      jobs: page.map(toJob),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, filters) : '',
    };
  }

  /** The row first, then its workflow is woken. One that has ended, or was asked before, stays as it is. */
  async cancel({ id }: CancelJobRequest): Promise<Job> {
    await this.row(id);
    await this.dataSource.query(
      `UPDATE jobs SET stop_requested = 'CANCELLED', dispatched_at = NULL
       WHERE id = $1 AND stop_requested IS NULL AND NOT state = ANY($2)`,
      [id, JOB_END_STATES],
    );
    this.dispatcher.poke();
    return this.get(id);
  }

  async wait(id: string, timeout: Duration | undefined): Promise<Job> {
    const row = await waitUntil(
      this.bell,
      id,
      timeout,
      () => this.row(id),
      ({ endTime }) => endTime !== null,
    );
    return toJob(row);
  }
}

function refuseInvalid({ id, repositoryId, ref, version }: ValidateEnvironmentRequest): void {
  // Nobody's default is meant where none is named.
  requireId(id, 'ENVIRONMENT_NOT_FOUND', 'environment');
  const violations: FieldViolation[] = [];
  if (repositoryId === '')
    violations.push({ field: 'repository_id', description: 'is required: where the set-up runs' });
  if (ref !== '' && !isRefName(ref))
    violations.push({ field: 'ref', description: 'is no name of a branch, tag or commit' });
  if (version < 0) violations.push({ field: 'version', description: 'must not be negative' });
  if (violations.length > 0) throw fieldInvalid(violations);
}

async function insert(
  manager: EntityManager,
  { runChecks }: ValidateEnvironmentRequest,
  { repositoryId, ref, sourceBranch, baseCommit, environment }: PreparedBatch,
): Promise<Job> {
  const context = requestContext.get();
  const now = new Date();
  const row = manager.create(JobEntity, {
    id: newId(),
    kind: 'VALIDATE_ENVIRONMENT',
    state: 'QUEUED',
    statusDetail: '',
    statusMessage: '',
    stateSince: now,
    environmentId: environment.environment.id,
    environmentVersion: environment.version.version,
    repositoryId,
    ref,
    sourceBranch,
    commit: baseCommit,
    runChecks,
    transition: 0,
    fence: '0',
    restartCount: 0,
    stopRequested: null,
    runnerId: null,
    facts: {},
    principal: context?.principal ?? '',
    traceparent: context?.traceparent ?? '',
    createTime: now,
    startTime: null,
    endTime: null,
    revision: '1',
    dispatchedAt: null,
  });
  await manager.insert(JobEntity, row);
  await appendEvent(manager, jobEvent(row, 'queued'));
  return toJob(row);
}
