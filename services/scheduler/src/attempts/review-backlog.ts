import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@heddle/platform/logging';
import { appendEvents } from '@heddle/platform/outbox';
import { LOGGER } from '@heddle/platform/service';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { REVIEW_BACKLOGS, type ReviewBacklogs } from '../shared/tokens.js';
import { attemptEvent, changeAttempt, lockAttempt } from './attempt-rows.js';

/** What a held attempt says; as long as a row says so, nobody is told of it. */
export const REVIEW_BACKLOG = 'REVIEW_BACKLOG';

const PERIOD_MS = 5_000;
const DEADLINE_MS = 4_000;
const AT_ONCE = 100;

/** An earlier attempt of its task may still succeed, so that this one can wait. */
const OPTIONAL = `EXISTS (SELECT 1 FROM attempts AS e WHERE e.task_id = a.task_id AND e.attempt_number < a.attempt_number
  AND e.state NOT IN ('FAILED', 'TIMED_OUT', 'CANCELLED'))`;
/** What has a place at its model, or was claimed once, has begun. */
const UNBEGUN = `a.state = 'QUEUED' AND a.dispatched_at IS NULL AND a.fence = 0 AND a.admit_time IS NULL AND a.stop_requested IS NULL`;

/**
 * Holds the attempts that a task could do without while its repository's reviewers have more to do than the policy's limit,
 * and lets them go when it is less.
 */
@Injectable()
export class ReviewBacklog {
  /** Minutes and limit by repository, as review said last. */
  private known: ReadonlyMap<string, string> = new Map();
  private hasAnswer = false;
  private askedAt = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    @Inject(REVIEW_BACKLOGS) private readonly backlogs: ReviewBacklogs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @returns true where there is more to hold or to let go at once */
  async admit(): Promise<boolean> {
    await this.ask();
    // Without an answer what is held stays held, and nothing else is.
    if (!this.hasAnswer) return false;
    const gone = await this.dataSource.transaction((manager) => this.letGo(manager));
    // A transaction of its own: locks are taken in the order of ids.
    const held = await this.dataSource.transaction((manager) => this.hold(manager));
    this.bell.ring(...gone, ...held);
    return gone.length >= AT_ONCE || held.length >= AT_ONCE;
  }

  private async ask(): Promise<void> {
    if (performance.now() - this.askedAt < PERIOD_MS) return;
    this.askedAt = performance.now();
    try {
      const { backlogs } = await this.backlogs.listReviewBacklogs({}, { deadlineMs: DEADLINE_MS });
      this.known = new Map(
        backlogs.map(({ repositoryId, queuedMinutes, limitMinutes }) => [
          repositoryId,
          `${String(queuedMinutes)} minutes of changes wait for reviewers, and the repository's limit is ${String(limitMinutes)}`,
        ]),
      );
      this.hasAnswer = true;
    } catch (error) {
      this.logger.warn({ err: error }, 'review did not say what waits for it; what it said last holds');
    }
  }

  private async letGo(manager: EntityManager): Promise<string[]> {
    const rows: { id: string }[] = await manager.query(
      `SELECT a.id FROM attempts AS a WHERE a.status_detail = $1 AND ${UNBEGUN}
         AND (NOT a.repository_id = ANY($2::uuid[]) OR NOT ${OPTIONAL}) ORDER BY a.id LIMIT ${String(AT_ONCE)} FOR UPDATE OF a`,
      [REVIEW_BACKLOG, [...this.known.keys()]],
    );
    for (const { id } of rows) await change(manager, id, '', '');
    return rows.map(({ id }) => id);
  }

  private async hold(manager: EntityManager): Promise<string[]> {
    if (this.known.size === 0) return [];
    const rows: { id: string; repository_id: string }[] = await manager.query(
      `SELECT a.id, a.repository_id FROM attempts AS a WHERE a.status_detail <> $1 AND ${UNBEGUN}
         AND a.repository_id = ANY($2::uuid[]) AND ${OPTIONAL} ORDER BY a.id LIMIT ${String(AT_ONCE)} FOR UPDATE OF a`,
      [REVIEW_BACKLOG, [...this.known.keys()]],
    );
    for (const row of rows) await change(manager, row.id, REVIEW_BACKLOG, this.known.get(row.repository_id) ?? '');
    return rows.map(({ id }) => id);
  }
}

async function change(manager: EntityManager, id: string, statusDetail: string, statusMessage: string): Promise<void> {
  const locked = await lockAttempt(manager, id);
  if (locked === undefined) return;
  await changeAttempt(manager, locked.attempt, { statusDetail, statusMessage, stateSince: new Date() });
  await appendEvents(manager, [attemptEvent(locked, 'attempt.detail_changed')]);
}
