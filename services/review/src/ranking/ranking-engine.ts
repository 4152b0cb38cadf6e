import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { ATTEMPT_END_STATES } from '@heddle/domain';
import type { Logger } from '@heddle/platform/logging';
import { DurableConsumer, ensureStreams } from '@heddle/platform/messaging';
import { LOGGER } from '@heddle/platform/service';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { RECONCILE_PERIOD_MS, WRONG_FOR } from '../shared/reconciled.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import { NATS } from '../shared/tokens.js';
import { RankingService } from './ranking.service.js';

const CONSUMER = 'review-ranking';
const AT_ONCE = 100;

const attemptEvent = z.object({
  data: z.object({ attempt: z.object({ taskId: z.uuid(), state: z.string() }) }),
});

/** Has the tests of siblings run over each other as soon as the last of them has ended. An event says only "look". */
@Injectable()
export class RankingEngine implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumer: DurableConsumer;
  private readonly waiting = new Set<string>();
  private readonly working: RepeatingTask;
  private readonly looking: RepeatingTask;

  constructor(
    private readonly rankings: RankingService,
    private readonly dataSource: DataSource,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.consumer = new DurableConsumer({
      nc: nats,
      stream: STREAMS.events,
      durable: CONSUMER,
      filter: SUBJECTS.eventsOf('attempt'),
      handle: (message) => {
        this.take(message.json());
        return Promise.resolve();
      },
      logger,
    });
    this.working = new RepeatingTask('rankings', RECONCILE_PERIOD_MS, () => this.work(), logger);
    this.looking = new RepeatingTask('rankings-left', RECONCILE_PERIOD_MS, () => this.lookForLeft(), logger);
  }

  async onApplicationBootstrap(): Promise<void> {
    await ensureStreams(this.nats);
    this.consumer.start();
    this.working.start();
    this.looking.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.consumer.stop(), this.working.stop(), this.looking.stop()]);
  }

  /** One event of an attempt. */
  take(json: unknown): void {
    const { taskId, state } = attemptEvent.parse(json).data.attempt;
    if ((ATTEMPT_END_STATES as readonly string[]).includes(state)) this.poke(taskId);
  }

  poke(taskId: string): void {
    this.waiting.add(taskId);
    this.working.poke();
  }

  private async work(): Promise<void> {
    for (const taskId of [...this.waiting]) {
      // Before the work: what ends meanwhile puts it back.
      this.waiting.delete(taskId);
      try {
        await this.prepare(taskId);
      } catch (error) {
        this.waiting.add(taskId);
        this.logger.warn({ err: error, taskId }, 'the attempts of a task could not be ranked; it is tried again');
      }
    }
  }

  private async prepare(taskId: string): Promise<void> {
    const heads = await this.headsOf(taskId);
    // One alone is ranked without running anything.
    if (heads.split(' ').length < 2) return;
    if ((await this.rankings.prepare(taskId)) === 'ATTEMPTS_OPEN') return;
    await this.dataSource.query(
      'INSERT INTO ranked_tasks (task_id, heads) VALUES ($1, $2) ON CONFLICT (task_id) DO UPDATE SET heads = $2',
      [taskId, heads],
    );
  }

  private async headsOf(taskId: string): Promise<string> {
    const [row]: { heads: string | null }[] = await this.dataSource.query(
      `SELECT string_agg(head_commit, ' ' ORDER BY id) AS heads FROM changes WHERE task_id = $1`,
      [taskId],
    );
    return row?.heads ?? '';
  }

  /** What a crash left, and ends that were never heard of. */
  private async lookForLeft(): Promise<void> {
    const rows: { task_id: string }[] = await this.dataSource.query(
      `SELECT c.task_id FROM changes AS c LEFT JOIN ranked_tasks AS r ON r.task_id = c.task_id
       WHERE c.task_id IN (SELECT task_id FROM changes WHERE update_time > now() - interval '1 day')
       GROUP BY c.task_id, r.heads
       HAVING count(*) > 1 AND bool_and(c.evidence_final) AND max(c.update_time) < now() - ${WRONG_FOR}
         AND r.heads IS DISTINCT FROM string_agg(c.head_commit, ' ' ORDER BY c.id)
       LIMIT ${String(AT_ONCE)}`,
    );
    for (const row of rows) this.poke(row.task_id);
  }
}
