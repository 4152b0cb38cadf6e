import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { isEndState } from '@heddle/domain';
import type { Logger } from '@heddle/platform/logging';
import { DurableConsumer, ensureStreams } from '@heddle/platform/messaging';
import { LOGGER } from '@heddle/platform/service';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { LiveOverlapEngine } from '../overlaps/live/live-overlap-engine.js';
import { OverlapTests } from '../overlaps/together/overlap-tests.js';
import { reconciled, RECONCILE_PERIOD_MS, WRONG_FOR } from '../shared/reconciled.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import { NATS } from '../shared/tokens.js';
import { EvidenceService } from './evidence.service.js';

const CONSUMER = 'review-evidence';

const attemptEvent = z.object({
  data: z.object({
    attempt: z.object({
      id: z.uuid(),
      state: z.enum([
        'QUEUED',
        'PROVISIONING',
        'RUNNING',
        'WAITING_FOR_USER',
        'CHECKING',
        'COMPLETED',
        'FAILED',
        'TIMED_OUT',
        'CANCELLED',
      ]),
    }),
  }),
});

/** An event of an attempt says only "look": the evidence is read from its owner. Repeats and gaps are harmless. */
@Injectable()
export class EvidenceConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumer: DurableConsumer;
  private readonly looking: RepeatingTask;

  constructor(
    private readonly evidence: EvidenceService,
    private readonly liveOverlaps: LiveOverlapEngine,
    private readonly overlapTests: OverlapTests,
    private readonly dataSource: DataSource,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.consumer = new DurableConsumer({
      nc: nats,
      stream: STREAMS.events,
      durable: CONSUMER,
      filter: SUBJECTS.eventsOf('attempt'),
      handle: (message) => this.take(message.json()),
      logger,
    });
    this.looking = new RepeatingTask('evidence-left', RECONCILE_PERIOD_MS, () => this.lookForLeft(), logger);
  }

  async onApplicationBootstrap(): Promise<void> {
    await ensureStreams(this.nats);
    this.consumer.start();
    this.looking.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.consumer.stop(), this.looking.stop()]);
  }

  /** One event of an attempt. */
  async take(json: unknown): Promise<void> {
    const { attempt } = attemptEvent.parse(json).data;
    if (attempt.state === 'CHECKING' || isEndState(attempt.state))
      await this.evidence.refresh(attempt.id, isEndState(attempt.state));
    if (!isEndState(attempt.state)) return;
    await this.liveOverlaps.forget(attempt.id);
    this.overlapTests.poke();
  }

  /** Changes whose attempt's end was never heard of (its event left the stream). */
  private async lookForLeft(): Promise<void> {
    const rows: { attempt_id: string }[] = await this.dataSource.query(
      `SELECT attempt_id FROM changes
       WHERE NOT evidence_final AND checks = '[]' AND create_time < now() - ${WRONG_FOR} AND create_time > now() - interval '1 day' LIMIT 200`,
    );
    for (const row of rows) {
      const checks = await this.evidence.refresh(row.attempt_id, false);
      if (checks.length > 0) reconciled.inc({ kind: 'change_without_evidence' });
    }
  }
}
