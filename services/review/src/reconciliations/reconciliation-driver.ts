import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import type { Logger } from '@heddle/platform/logging';
import { DurableConsumer, ensureStreams } from '@heddle/platform/messaging';
import { LOGGER } from '@heddle/platform/service';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { RepeatingTask } from '../shared/repeating-task.js';
import { NATS } from '../shared/tokens.js';
import { TrialEnds } from '../trials/trial-ends.js';
import { IntentProof } from './intent-proof.js';
import { ReconciliationRungs } from './reconciliation-rungs.js';

const CONSUMER = 'review-reconciliations';
/** For what no event told of: a scheduler that was away, an event that left the stream. */
const LOOK_AGAIN_MS = 15_000;

const attemptEvent = z.object({ data: z.object({ attempt: z.object({ id: z.uuid() }) }) });

/** Brings reconciliations on, one step after another: after a request, an attempt's event, and now and then. */
@Injectable()
export class ReconciliationDriver implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumer: DurableConsumer;
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly rungs: ReconciliationRungs,
    private readonly proof: IntentProof,
    private readonly trialEnds: TrialEnds,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.consumer = new DurableConsumer({
      nc: nats,
      stream: STREAMS.events,
      durable: CONSUMER,
      filter: SUBJECTS.eventsOf('attempt'),
      handle: (message) => this.take(message.json()),
      logger,
    });
    this.task = new RepeatingTask('reconciliations', LOOK_AGAIN_MS, () => this.work(), logger);
  }

  async onApplicationBootstrap(): Promise<void> {
    await ensureStreams(this.nats);
    this.consumer.start();
    this.trialEnds.listen(() => {
      this.poke();
    });
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.consumer.stop(), this.task.stop()]);
  }

  poke(): void {
    this.task.poke();
  }

  /** One event of an attempt: it says only "look". */
  async take(json: unknown): Promise<void> {
    const { id } = attemptEvent.parse(json).data.attempt;
    const known: unknown[] = await this.dataSource.query(
      'SELECT 1 FROM reconciliations WHERE attempt_id = $1 AND end_time IS NULL',
      [id],
    );
    if (known.length > 0) this.poke();
  }

  private async work(): Promise<void> {
    const rows: { id: string }[] = await this.dataSource.query(
      'SELECT id FROM reconciliations WHERE end_time IS NULL OR stop_untold ORDER BY create_time',
    );
    for (const { id } of rows) {
      try {
        while (await this.rungs.advance(id));
      } catch (error) {
        // The others do not wait for one that can't go on now.
        this.logger.warn({ err: error, reconciliationId: id }, 'a reconciliation could not go on; it is tried again');
      }
    }
    await this.proof.stopUnwanted();
  }
}
