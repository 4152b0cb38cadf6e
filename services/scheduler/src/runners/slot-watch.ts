import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { appendEvents } from '@heddle/platform/outbox';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { attemptEvent, changeAttempt, lockAttempt } from '../attempts/attempt-rows.js';
import { LOST_AFTER_SECONDS } from './runner.mapper.js';

const PERIOD_MS = 5_000;
/** Of a backlog the first in line are told; the others in the next rounds. */
const AT_ONCE = 100;
/** One that begins within that time never says that it waited. */
const WAITED_SECONDS = 3;
const DETAIL = 'NO_FREE_SLOT';

interface Fleet {
  readonly known: number;
  readonly heard: number;
  readonly active: number;
  readonly slots: number;
  readonly used: number;
}

/** Attempts that wait for a runner say so, and why: by what runners report of themselves. It decides nothing. */
@Injectable()
export class SlotWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: ChangeBell,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.working ??= this.look()
        .catch((error: unknown) => {
          this.logger.warn({ err: error }, 'attempts that wait for a slot could not be told so; it tries again');
        })
        .finally(() => {
          this.working = undefined;
        });
    }, PERIOD_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.working;
  }

  /** One round: what has changed of it is told. */
  async look(): Promise<void> {
    this.bell.ring(...(await this.dataSource.transaction(tellThoseThatWait)));
  }
}

async function tellThoseThatWait(manager: EntityManager): Promise<readonly string[]> {
  const why = whyNone(await fleetOf(manager));
  // Where there is room again, the step that begins the attempt takes the words away.
  if (why === undefined) return [];
  const rows: { id: string }[] = await manager.query(
    `SELECT id FROM attempts
     WHERE state = 'QUEUED' AND end_time IS NULL AND stop_requested IS NULL AND dispatched_at IS NOT NULL
       AND state_since < now() - make_interval(secs => ${String(WAITED_SECONDS)})
       AND (status_detail = '' OR (status_detail = '${DETAIL}' AND status_message <> $1))
     ORDER BY id LIMIT ${String(AT_ONCE)} FOR UPDATE SKIP LOCKED`,
    [why],
  );
  for (const { id } of rows) {
    const locked = await lockAttempt(manager, id);
    if (locked === undefined) continue;
    await changeAttempt(manager, locked.attempt, { statusDetail: DETAIL, statusMessage: why });
    await appendEvents(manager, [attemptEvent(locked, 'attempt.detail_changed')]);
  }
  return rows.map(({ id }) => id);
}

async function fleetOf(manager: EntityManager): Promise<Fleet> {
  const [fleet]: [Fleet] = await manager.query(
    `WITH heard AS (SELECT * FROM runners WHERE last_seen > now() - make_interval(secs => ${String(LOST_AFTER_SECONDS)})),
     active AS (SELECT * FROM heard WHERE state NOT IN ('REFUSING', 'DRAINING'))
     SELECT (SELECT count(*)::int FROM runners) AS known, (SELECT count(*)::int FROM heard) AS heard,
       count(*)::int AS active, coalesce(sum(slots), 0)::int AS slots, coalesce(sum(used), 0)::int AS used FROM active`,
  );
  return fleet;
}

/** In words; undefined: a slot is free, so that it need only be given. */
function whyNone({ known, heard, active, slots, used }: Fleet): string | undefined {
  const look = '; see heddle admin runners';
  if (heard === 0) return known === 0 ? `No runner has come yet${look}` : `No runner is heard of${look}`;
  if (active === 0)
    return `No runner takes work: ${heard === 1 ? 'it drains or refuses' : 'all drain or refuse'}${look}`;
  return used >= slots ? `All ${String(slots)} slots of the runners are taken` : undefined;
}
