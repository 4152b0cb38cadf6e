import { durationToMs, type Job } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortCommit, shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago, duration, elapsed } from '../output/time.js';
import { checkTable } from './check-view.js';
import { egressTable } from './egress-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function jobTable(jobs: readonly Job[], { style, columns, now }: ViewOptions): string[] {
  if (jobs.length === 0)
    return ['There is no job yet. Try an environment out: heddle environment validate NAME --repository REPOSITORY'];
  return table(
    [
      { title: 'ID' },
      { title: 'KIND' },
      { title: 'STATE' },
      { title: 'ENVIRONMENT' },
      { title: 'REF', shrinks: true },
      { title: 'TOOK', align: 'right' },
      { title: 'CREATED' },
      { title: '' },
    ],
    jobs.map((job) => [
      { text: shortId(job.id) },
      { text: job.kind },
      { text: job.state, paint: statePaint(style, job.state) },
      { text: environmentText(job) },
      { text: job.environmentValidation?.ref ?? '' },
      { text: elapsed(job.startTime, job.endTime, now) },
      { text: ago(job.createTime, now), paint: style.dim },
      { text: job.statusDetail, paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** A job with what it found: steps, checks, what was refused, what the boundary lacked. */
export function jobDetails(job: Job, view: ViewOptions): string[] {
  const { style } = view;
  const field = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`${style.dim(name.padEnd(11))} ${oneLine(value)}`];
  const { environmentValidation: found } = job;
  const why = [job.statusDetail, job.stateInfo?.message ?? ''].filter((word) => word !== '').join(': ');
  const lines = [
    `${style.bold('Job')} ${job.id}  ${job.kind}  ${statePaint(style, job.state)(job.state)}`,
    ...field('why', why),
    ...field('environment', environmentText(job)),
    ...field('ref', found === undefined ? '' : `${found.ref} ${shortCommit(found.commit)}`.trim()),
    ...field('runner', job.runnerId === undefined ? '' : shortId(job.runnerId)),
    ...field('took', elapsed(job.startTime, job.endTime, view.now)),
  ];
  if (found === undefined) return lines;
  const { sandbox, steps, checks, refusedRequests } = found;
  return [
    ...lines,
    ...field('sandbox', sandbox === undefined ? '' : `${sandbox.driver} ${sandbox.boundary}`),
    ...field('without', sandbox?.missing.join(', ')),
    ...field('cache', sandbox === undefined ? '' : `${sandbox.setupCache} ${sandbox.setupCacheReason}`.trim()),
    ...steps.map((step) => {
      const time = step.duration === undefined ? '' : duration(durationToMs(step.duration));
      const reason = [step.statusDetail, step.message].filter((word) => word !== '').join(': ');
      const words = [step.name.padEnd(10), statePaint(style, step.state)(step.state.padEnd(10)), time, oneLine(reason)];
      return words.join(' ').trimEnd();
    }),
    ...(checks.length === 0 ? [] : checkTable(checks, view)),
    ...(refusedRequests.length === 0 ? [] : egressTable({ requests: refusedRequests, truncated: false }, view)),
  ];
}

function environmentText({ environmentValidation: found }: Job): string {
  return found === undefined ? '' : `${shortId(found.environmentId)} version ${String(found.environmentVersion)}`;
}
