import { EgressRequest, Job, Job_State, StateInfo_Cause } from '@heddle/contracts';
import { fromCanonicalJson, toCanonicalJson, type JsonValue } from '@heddle/contracts/json';
import { traceIdOf } from '@heddle/platform/context';
import type { NewEvent } from '@heddle/platform/outbox';
import { toSandbox } from '../attempts/attempt.mapper.js';
import { causeOf, explain } from '../attempts/status-details.js';
import type { JobEntity } from '../persistence/job.entity.js';
import { toCheckResult } from '../shared/check-result.js';
import { validationSteps } from './validation-steps.js';

export function toJob(row: JobEntity): Job {
  return Job.fromPartial({
    id: row.id,
    state: Job_State[row.state],
    statusDetail: row.statusDetail,
    stateInfo: stateInfo(row),
    kind: row.kind,
    createTime: row.createTime,
    startTime: row.startTime ?? undefined,
    endTime: row.endTime ?? undefined,
    revision: row.revision,
    runnerId: row.runnerId ?? undefined,
    restartCount: row.restartCount,
    traceId: traceIdOf(row.traceparent),
    environmentValidation: validation(row),
  });
}

/** @param what for example `queued` */
export function jobEvent(row: JobEntity, what: string): NewEvent {
  return {
    aggregate: 'job',
    id: row.id,
    version: row.revision,
    type: `job.${what}`,
    data: toCanonicalJson('heddle.v1.Job', Job, toJob(row)),
    traceparent: row.traceparent,
  };
}

function validation(row: JobEntity): Job['environmentValidation'] {
  const { sandbox, setup, checks = [] } = row.facts;
  const { setupCache, setupCacheReason } = setup ?? {};
  return {
    environmentId: row.environmentId,
    environmentVersion: row.environmentVersion,
    repositoryId: row.repositoryId,
    ref: row.ref,
    commit: row.commit,
    steps: validationSteps(row),
    sandbox: sandbox === undefined ? undefined : toSandbox({ ...sandbox, setupCache, setupCacheReason }, null),
    checks: checks.map(toCheckResult),
    refusedRequests: (setup?.refused ?? []).map((request) =>
      fromCanonicalJson('heddle.v1.EgressRequest', EgressRequest, request as JsonValue),
    ),
  };
}

function stateInfo({ statusDetail, statusMessage, stateSince, endTime }: JobEntity): Job['stateInfo'] {
  if (statusDetail === '' && statusMessage === '') return undefined;
  return {
    message: statusMessage || explain(statusDetail),
    cause: StateInfo_Cause[causeOf(statusDetail)],
    sinceTime: stateSince,
    retryTime: undefined,
    queuePosition: undefined,
    subjects: [],
    actions: endTime === null ? ['CancelJob'] : [],
  };
}
