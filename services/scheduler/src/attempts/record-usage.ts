import type { ModelUsage } from '@heddle/contracts';
import type { SandboxSample } from '@heddle/contracts/internal';
import type { ModelUsageCount } from '@heddle/contracts/workflows';
import { isEndState, type AttemptState } from '@heddle/domain';
import { appendEvent } from '@heddle/platform/outbox';
import type { DataSource } from 'typeorm';
import { recordRuns, type RunTold } from '../budgets/record-runs.js';
import type { UsageFacts } from './attempt-facts.js';
import { attemptEvent, changeAttempt, lockAttempt } from './attempt-rows.js';
import { isNotable, mergeUsage, usageFacts } from './usage-facts.js';

interface Row {
  readonly id: string;
  readonly fence: string;
  readonly state: AttemptState;
  readonly usage: UsageFacts | null;
  readonly activitySummary: string;
}

/** Of the newest claim of an attempt. */
interface Told {
  readonly fence: string;
  readonly usage: UsageFacts;
  readonly activitySummary: string;
}

/** More is a runner of a version that cuts otherwise. */
const MAX_SUMMARY = 200;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Writes what a runner says that its attempts use and do, where it is news. Only the newest claim of an attempt has a say, and
 * only while it runs: its end is told by its own step. What agents used of models is counted of every claim.
 * @returns ids of the attempts that changed
 */
export async function recordUsage(dataSource: DataSource, samples: readonly SandboxSample[]): Promise<string[]> {
  const ids = samples.map((sample) => sample.attemptId).filter((id) => UUID.test(id));
  if (ids.length === 0) return [];
  const rows: Row[] = await dataSource.query(
    'SELECT id, fence, state, usage, activity_summary AS "activitySummary" FROM attempts WHERE id = ANY($1)',
    [ids],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  await recordRuns(dataSource.manager, samples.filter((sample) => known.has(sample.attemptId)).flatMap(runsOf));
  const moved: string[] = [];
  for (const { attemptId, fence, usage, activitySummary } of samples) {
    const row = known.get(attemptId);
    if (row === undefined || usage === undefined) continue;
    const told = { fence, usage: usageFacts(usage), activitySummary: activitySummary.slice(0, MAX_SUMMARY) };
    if (isWanted(row, told) && (await write(dataSource, attemptId, told))) moved.push(attemptId);
  }
  return moved;
}

function runsOf({ attemptId, fence, usage, runs }: SandboxSample): RunTold[] {
  const { wallMs = 0 } = usage === undefined ? {} : usageFacts(usage);
  return [
    { attemptId, fence, run: '', turn: 0, models: [], wallMs },
    ...runs
      .filter(({ run, turn }) => run !== '' && turn > 0)
      .map(({ run, turn, models }) => ({ attemptId, fence, run, turn, models: models.map(toCount), wallMs: 0 })),
  ];
}

function toCount(usage: ModelUsage): ModelUsageCount {
  return {
    model: usage.model,
    inputTokens: Number(usage.inputTokens),
    cachedInputTokens: Number(usage.cachedInputTokens),
    outputTokens: Number(usage.outputTokens),
    reasoningTokens: Number(usage.reasoningTokens),
  };
}

async function write(dataSource: DataSource, id: string, told: Told): Promise<boolean> {
  return dataSource.transaction(async (manager) => {
    const locked = await lockAttempt(manager, id);
    // Anything may have happened since it was looked at.
    if (locked === undefined || !isWanted(locked.attempt, told)) return false;
    const { usage, activitySummary } = told;
    const type = isNotable(locked.attempt.usage, usage) ? 'attempt.usage_sampled' : 'attempt.activity_changed';
    await changeAttempt(manager, locked.attempt, { usage: mergeUsage(locked.attempt.usage, usage), activitySummary });
    await appendEvent(manager, attemptEvent(locked, type));
    return true;
  });
}

function isWanted(row: Pick<Row, 'fence' | 'state' | 'usage' | 'activitySummary'>, told: Told): boolean {
  if (row.fence !== told.fence || isEndState(row.state)) return false;
  const isNews = row.state === 'RUNNING' && row.activitySummary !== told.activitySummary;
  return isNews || isNotable(row.usage, told.usage);
}
