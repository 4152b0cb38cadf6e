import { durationToMs, type Attempt, type Task } from '@heddle/sdk';
import { byteSize } from '../output/bytes.js';
import { neutralise, oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago, duration, elapsed } from '../output/time.js';
import { tokens } from './activity-view.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

/** `CODEX large-1`, `COMMAND bash -c …` */
export function agentName(agent: Task['agent']): string {
  if (agent === undefined) return '';
  return [agent.kind, agent.model, ...agent.command.slice(0, 3)]
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, 100);
}

/** Its kind with what was frozen when the task was made: version, model, effort, credential; of a command its beginning. */
export function agentText(agent: Task['agent']): string {
  if (agent === undefined) return '';
  const named = (name: string, value: string): string[] => (value === '' ? [] : [`${name} ${value}`]);
  const words = [
    [agent.kind, agent.version, ...agent.command.slice(0, 3)]
      .filter((word) => word !== '')
      .join(' ')
      .slice(0, 100),
    ...named('model', agent.model),
    ...named('effort', agent.effort),
    ...named('credential', shortId(agent.credentialId)),
  ];
  return words.join(', ');
}

/** Why it is as it is; while there is nothing to say of that, what its agent is doing now. */
export function attemptDetail({ statusDetail, activitySummary }: Attempt): string {
  return statusDetail === '' ? activitySummary : statusDetail;
}

/** @param isFiltered only some were asked for */
export function attemptList(
  attempts: readonly Attempt[],
  { style, columns, now }: ViewOptions,
  isFiltered: boolean,
): string[] {
  if (attempts.length === 0) {
    return [
      isFiltered
        ? 'There is no attempt of that kind. What there is: heddle attempt ls'
        : 'There is no attempt yet. Launch a task: heddle run --prompt TEXT -- COMMAND',
    ];
  }
  return table(
    [
      { title: 'ATTEMPT' },
      { title: 'TASK' },
      { title: 'STATE' },
      { title: 'DETAIL', shrinks: true },
      { title: 'TIME', align: 'right' },
      { title: 'CHANGE' },
      { title: 'REVIEW' },
      { title: 'CREATED' },
    ],
    attempts.map((attempt) => [
      { text: shortId(attempt.id) },
      { text: shortId(attempt.taskId) },
      { text: attempt.state, paint: statePaint(style, attempt.state) },
      { text: attemptDetail(attempt), paint: style.dim },
      { text: elapsed(attempt.startTime, attempt.endTime, now) },
      { text: attempt.changeId === undefined ? '-' : shortId(attempt.changeId) },
      { text: attempt.changeId === undefined ? '-' : attempt.reviewState },
      { text: ago(attempt.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** All that is known of one: why it is as it is, its agent, its sandbox, what it used, its last words. */
export function attemptDetails(attempt: Attempt, view: ViewOptions): string[] {
  const { style, now } = view;
  const field = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`${style.dim(name.padEnd(11))} ${oneLine(value)}`];
  const { sandbox, changeId, modelUsage } = attempt;
  const why = [attempt.statusDetail, attempt.stateInfo?.message ?? ''].filter((word) => word !== '').join(': ');
  return [
    `${style.bold('Attempt')} ${attempt.id}  ${statePaint(style, attempt.state)(attempt.state)}`,
    ...field('why', why),
    ...field('doing', attempt.activitySummary),
    ...field('task', `${attempt.taskId}, attempt ${String(attempt.attemptNumber)}`),
    ...field('batch', attempt.batchId),
    ...field('agent', agentText(attempt.agent)),
    ...field('environment', `version ${String(attempt.environmentVersion)}`),
    ...field('runner', attempt.runnerId === undefined ? '' : shortId(attempt.runnerId)),
    ...field('restarts', attempt.restartCount === 0 ? '' : String(attempt.restartCount)),
    ...field('took', elapsed(attempt.startTime, attempt.endTime, now)),
    ...field('exit code', attempt.exitCode === undefined ? '' : String(attempt.exitCode)),
    ...field(
      'change',
      changeId === undefined ? '' : `${changeId}, ${attempt.reviewState}, landing ${attempt.landingState}`,
    ),
    ...field('sandbox', sandbox === undefined ? '' : `${sandbox.driver} ${sandbox.boundary} ${sandbox.fileSystem}`),
    ...field('without', sandbox?.missing.join(', ')),
    ...field('cache', sandbox === undefined ? '' : `${sandbox.setupCache} ${sandbox.setupCacheReason}`.trim()),
    ...field('kept until', sandbox?.keepUntilTime),
    ...field('tokens', modelUsage === undefined ? '' : tokens(modelUsage)),
    ...usageTable([attempt], view),
    ...(attempt.answer === ''
      ? []
      : [
          '',
          style.dim('answer'),
          ...neutralise(attempt.answer)
            .trimEnd()
            .split('\n')
            .map((line) => `  ${line}`),
        ]),
  ];
}

/** The most of each that their sandboxes used; nothing where nothing was measured. */
export function usageTable(attempts: readonly Attempt[], { style, columns }: ViewOptions): string[] {
  const rows = attempts.flatMap(({ id, usage }) => (usage === undefined ? [] : [{ id, usage }]));
  if (rows.length === 0) return [];
  const titles = ['USED BY', 'MEMORY', 'PROCESSES', 'CPU', 'DISK', 'FILES', 'OUTPUT'];
  return [
    '',
    ...table(
      titles.map((title, index) => (index === 0 ? { title } : { title, align: 'right' as const })),
      rows.map(({ id, usage }) =>
        [
          shortId(id),
          byteSize(usage.peakMemoryBytes),
          count(usage.peakProcesses),
          usage.cpuDuration === undefined ? '-' : duration(durationToMs(usage.cpuDuration)),
          byteSize(usage.peakDiskBytes),
          count(usage.peakDiskInodes),
          byteSize(usage.outputBytes),
        ].map((text) => ({ text })),
      ),
      { columns, paintHead: style.dim },
    ),
  ];
}

function count(value: string | number): string {
  return Number(value) > 0 ? String(value) : '-';
}
