import type { JobStep, StoredJobStep } from '@heddle/contracts/workflows';
import { isJobEnded } from '@heddle/domain';
import { appendEvent } from '@heddle/platform/outbox';
import type { DataSource, EntityManager } from 'typeorm';
import { JobEntity } from '../persistence/job.entity.js';
import { jobEvent } from './job.mapper.js';

/** Writes a step of the job once, with its event: the first writer of a transition wins, everyone else gets what is stored. */
export async function recordJobStep(dataSource: DataSource, step: JobStep): Promise<StoredJobStep> {
  return dataSource.transaction(async (manager) => {
    const job = await manager.findOne(JobEntity, { where: { id: step.jobId }, lock: { mode: 'pessimistic_write' } });
    if (job === null) throw new Error(`Job ${step.jobId} has no row`);
    if (job.transition === step.transition - 1) await change(manager, job, step);
    return { state: job.state as StoredJobStep['state'] };
  });
}

async function change(manager: EntityManager, job: JobEntity, step: JobStep): Promise<void> {
  const now = new Date();
  const { sandbox, setup, checks } = step;
  // Of another claim's sandbox nothing holds any more.
  const before = step.state === 'QUEUED' ? {} : job.facts;
  const next = {
    transition: step.transition,
    state: step.state,
    statusDetail: step.statusDetail,
    statusMessage: step.message ?? '',
    stateSince: now,
    restartCount: step.restartCount ?? job.restartCount,
    runnerId: step.runnerId ?? job.runnerId,
    facts: {
      ...before,
      ...(sandbox === undefined ? {} : { sandbox }),
      ...(setup === undefined ? {} : { setup }),
      ...(checks === undefined ? {} : { checks }),
    },
    startTime: job.startTime ?? (sandbox === undefined ? null : now),
    endTime: isJobEnded(step.state) ? now : null,
    revision: String(BigInt(job.revision) + 1n),
  };
  const isNews = job.state !== step.state;
  Object.assign(job, next);
  await manager.save(JobEntity, job);
  await appendEvent(manager, jobEvent(job, isNews ? step.state.toLowerCase() : 'updated'));
}
