import { Injectable } from '@nestjs/common';
import { appendEvents } from '@heddle/platform/outbox';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { attemptEvent, changeAttempt, lockAttempt } from '../attempts/attempt-rows.js';
import type { AttemptEntity } from '../persistence/attempt.entity.js';

/** Told of in one round, so that a round does not hold the others up. */
const AT_ONCE = 100;
const WAITING = 'WAITING_FOR_CAPACITY';

/** Those that wait for a person come again when that person has spoken; those that are held, when they are let go. */
const UNADMITTED = `a.admit_time IS NULL AND a.end_time IS NULL AND a.stop_requested IS NULL AND a.state <> 'WAITING_FOR_USER'
  AND a.status_detail <> 'REVIEW_BACKLOG'`;
const CANDIDATES = `a.credential_id = $1 AND ${UNADMITTED}`;

const FULL = 'As many attempts as its credential may have at once are at work';
const COOLING =
  'Its model said that it is asked too often; no attempt of its credential begins until the cooldown ends';
const RAMPING = 'The cooldown of its model has ended; attempts of its credential begin a few at a time now';

/** How often the attempts that may have begun since a cooldown double; two may at once. */
const RAMP_MS = 5_000;

interface Candidate {
  readonly id: string;
  readonly status_detail: string;
}

/**
 * Lets attempts begin that reach a model: as many as their credential's limit has room for, none during a cooldown, and a
 * few at a time after one.
 * An attempt has its place from then to its end, through every restart of its sandbox.
 */
@Injectable()
export class ModelCapacity {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
  ) {}

  /** @returns true where there is more to do at once */
  async admit(): Promise<boolean> {
    const rows: { credential_id: string }[] = await this.dataSource.query(
      `SELECT DISTINCT a.credential_id FROM attempts AS a WHERE a.credential_id IS NOT NULL AND ${UNADMITTED}`,
    );
    let isMore = false;
    for (const { credential_id: id } of rows) {
      const freed = await this.dataSource.transaction((manager) => admitOf(manager, id));
      // A transaction of its own: locks are taken in the order of ids.
      const held = await this.dataSource.transaction((manager) => tellThoseThatWait(manager, id));
      this.bell.ring(...freed.told, ...held);
      isMore ||= freed.admitted >= AT_ONCE || held.length >= AT_ONCE;
    }
    return isMore;
  }

  /**
   * For an attempt that has begun and is to be claimed again: it says so while it waits for the end of a cooldown.
   * @returns until when it waits; undefined: it need not
   */
  async holdClaim(attemptId: string): Promise<Date | undefined> {
    const { until, isNews } = await this.dataSource.transaction((manager) => holdOne(manager, attemptId));
    if (isNews) this.bell.ring(attemptId);
    return until;
  }
}

async function holdOne(
  manager: EntityManager,
  attemptId: string,
): Promise<{ readonly until: Date | undefined; readonly isNews: boolean }> {
  const [row]: { until: Date | null; is_waiting: boolean }[] = await manager.query(
    `SELECT CASE WHEN c.cooldown_end_time > now() THEN c.cooldown_end_time END AS until,
       a.status_detail = '${WAITING}' AS is_waiting
     FROM attempts AS a JOIN credentials AS c ON c.id = a.credential_id
     WHERE a.id = $1 AND a.end_time IS NULL AND a.stop_requested IS NULL`,
    [attemptId],
  );
  if (row === undefined) return { until: undefined, isNews: false };
  const { until, is_waiting: isWaiting } = row;
  if (until !== null)
    await change(manager, [attemptId], { statusDetail: WAITING, statusMessage: COOLING, retryTime: until });
  else if (isWaiting) await change(manager, [attemptId], { statusDetail: '', statusMessage: '', retryTime: null });
  return { until: until ?? undefined, isNews: until !== null || isWaiting };
}

interface Standing {
  readonly limit: number;
  /** End of its cooldown; null: there is none. */
  readonly until: Date | null;
  /** Milliseconds since its last cooldown ended; null: it had none, or has one. */
  readonly since_ms: number | null;
}

const STANDING = `SELECT max_concurrent_attempts AS limit,
  CASE WHEN cooldown_end_time > now() THEN cooldown_end_time END AS until,
  CASE WHEN cooldown_end_time <= now() THEN 1000 * extract(epoch FROM now() - cooldown_end_time)::float8 END AS since_ms
  FROM credentials WHERE id = $1`;

async function admitOf(
  manager: EntityManager,
  credentialId: string,
): Promise<{ readonly admitted: number; readonly told: readonly string[] }> {
  // One at a time for a credential: two that count at once would both find the last place free.
  const [standing]: Standing[] = await manager.query(`${STANDING} FOR NO KEY UPDATE`, [credentialId]);
  const room = standing === undefined ? 0 : await roomOf(manager, credentialId, standing);
  if (room === 0) return { admitted: 0, told: [] };
  const admitted = await lockNext(manager, credentialId, room);
  await manager.query('UPDATE attempts SET admit_time = now() WHERE id = ANY($1)', [admitted.map(({ id }) => id)]);
  const waited = admitted.filter(({ status_detail }) => status_detail === WAITING).map(({ id }) => id);
  await change(manager, waited, { statusDetail: '', statusMessage: '', retryTime: null });
  return { admitted: admitted.length, told: waited };
}

/** @returns those that did not say so yet, or named another time */
async function tellThoseThatWait(manager: EntityManager, credentialId: string): Promise<readonly string[]> {
  const [standing]: Standing[] = await manager.query(STANDING, [credentialId]);
  if (standing === undefined) return [];
  const rows: Candidate[] = await manager.query(
    `SELECT a.id, a.status_detail FROM attempts AS a
     WHERE ${CANDIDATES} AND (a.status_detail <> '${WAITING}' OR a.retry_time IS DISTINCT FROM $2::timestamptz)
     ORDER BY a.id LIMIT ${String(AT_ONCE)} FOR UPDATE`,
    [credentialId, standing.until],
  );
  const waiting = rows.map(({ id }) => id);
  await change(manager, waiting, {
    statusDetail: WAITING,
    statusMessage: await whyWaiting(manager, credentialId, standing),
    retryTime: standing.until,
  });
  return waiting;
}

async function whyWaiting(manager: EntityManager, credentialId: string, standing: Standing): Promise<string> {
  if (standing.until !== null) return COOLING;
  return (await roomOf(manager, credentialId, { ...standing, limit: 0 })) === 0 ? RAMPING : FULL;
}

async function roomOf(manager: EntityManager, credentialId: string, standing: Standing): Promise<number> {
  const { limit, until, since_ms: sinceMs } = standing;
  if (until !== null) return 0;
  const ramp = sinceMs === null ? Infinity : 2 ** (1 + Math.floor(sinceMs / RAMP_MS));
  if (limit === 0 && ramp >= AT_ONCE) return AT_ONCE;
  // One that has begun since and ended says that the model can be reached.
  const [row]: { active: number; begun: number }[] = await manager.query(
    `SELECT count(*)::int AS active,
       count(*) FILTER (WHERE admit_time >= now() - $2::float8 * interval '1 millisecond')::int AS begun
     FROM attempts WHERE credential_id = $1 AND end_time IS NULL AND admit_time IS NOT NULL`,
    [credentialId, sinceMs ?? 0],
  );
  const { active = 0, begun = 0 } = row ?? {};
  return Math.min(Math.max(limit === 0 ? AT_ONCE : limit - active, 0), Math.max(ramp - begun, 0), AT_ONCE);
}

/** The urgent ones first, and from every batch in turn; their rows are locked. */
async function lockNext(manager: EntityManager, credentialId: string, room: number): Promise<Candidate[]> {
  const chosen: { id: string }[] = await manager.query(
    `SELECT a.id FROM attempts AS a JOIN batches AS b ON b.id = a.batch_id WHERE ${CANDIDATES}
     ORDER BY b.priority, row_number() OVER (PARTITION BY a.batch_id ORDER BY a.id), a.id LIMIT $2`,
    [credentialId, room],
  );
  // In the order of ids, as everyone who changes many attempts. A stop may have come since.
  return manager.query(
    `SELECT a.id, a.status_detail FROM attempts AS a WHERE ${CANDIDATES} AND a.id = ANY($2) ORDER BY a.id FOR UPDATE`,
    [credentialId, chosen.map(({ id }) => id)],
  );
}

/** Their rows are locked. */
async function change(manager: EntityManager, ids: readonly string[], changes: Partial<AttemptEntity>): Promise<void> {
  for (const id of ids) {
    const locked = await lockAttempt(manager, id);
    if (locked === undefined) continue;
    const isNews = locked.attempt.statusDetail !== changes.statusDetail;
    await changeAttempt(manager, locked.attempt, { ...changes, ...(isNews ? { stateSince: new Date() } : {}) });
    await appendEvents(manager, [attemptEvent(locked, 'attempt.detail_changed')]);
  }
}
