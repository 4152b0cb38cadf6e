import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import type { Logger } from '@heddle/platform/logging';
import { DurableConsumer, ensureStreams } from '@heddle/platform/messaging';
import { appendEvent, oncePerVersion } from '@heddle/platform/outbox';
import { LOGGER } from '@heddle/platform/service';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import type { AttemptEntity } from '../persistence/attempt.entity.js';
import { NATS } from '../shared/tokens.js';
import { attemptEvent, changeAttempt, lockAttempt } from './attempt-rows.js';

const CONSUMER = 'scheduler-review-facts';

const eventSchema = z.object({
  revision: z.string(),
  data: z.union([
    z.object({
      change: z.object({
        id: z.string(),
        attemptId: z.uuid(),
        reviewState: z.enum(['PENDING', 'APPROVED', 'CHANGES_REQUESTED', 'REJECTED']),
      }),
    }),
    z.object({
      landing: z.object({
        id: z.uuid(),
        attemptId: z.uuid(),
        revertsLandingId: z.uuid().optional(),
        revertedByLandingId: z.uuid().optional(),
        state: z.enum(['NONE', 'QUEUED', 'TESTING', 'PUSHING', 'PROPOSED', 'LANDED', 'CONFLICTED', 'EJECTED']),
      }),
    }),
  ]),
});

/** Review owns review and landing states; its events bring them to the attempt's row. */
@Injectable()
export class ReviewFactsConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumer: DurableConsumer;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.consumer = new DurableConsumer({
      nc: nats,
      stream: STREAMS.events,
      durable: CONSUMER,
      filter: [SUBJECTS.eventsOf('change'), SUBJECTS.eventsOf('landing')],
      handle: (message) => this.take(message.json()),
      logger,
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await ensureStreams(this.nats);
    this.consumer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.consumer.stop();
  }

  /** One event of a change or a landing. */
  async take(json: unknown): Promise<void> {
    const event = eventSchema.parse(json);
    const { data } = event;
    // A landing that takes another one back tells nothing of the attempt: that other one does.
    if ('landing' in data && data.landing.revertsLandingId !== undefined) return;
    const fact =
      'change' in data
        ? {
            aggregate: 'change',
            id: data.change.id,
            attemptId: data.change.attemptId,
            set: { reviewState: data.change.reviewState, changeId: data.change.id },
          }
        : {
            aggregate: 'landing',
            id: data.landing.id,
            attemptId: data.landing.attemptId,
            set: {
              landingState: data.landing.state,
              landingId: data.landing.id,
              revertedByLandingId: data.landing.revertedByLandingId ?? null,
            },
          };
    await this.dataSource.transaction(async (manager) => {
      await oncePerVersion(
        manager,
        { consumer: CONSUMER, aggregate: fact.aggregate, id: fact.id, version: event.revision },
        'accept',
        () => this.apply(manager, fact.attemptId, fact.set),
      );
    });
  }

  private async apply(
    manager: EntityManager,
    attemptId: string,
    set: Partial<
      Pick<AttemptEntity, 'reviewState' | 'changeId' | 'landingState' | 'landingId' | 'revertedByLandingId'>
    >,
  ): Promise<void> {
    const locked = await lockAttempt(manager, attemptId);
    if (locked === undefined) return;
    const { attempt } = locked;
    // Versions are per landing. A landing is made after the one before it has settled, and ids sort by time of making.
    if (attempt.landingId !== null && set.landingId != null && set.landingId < attempt.landingId) return;
    const same = Object.entries(set).every(([key, value]) => attempt[key as keyof AttemptEntity] === value);
    if (same) return;
    await changeAttempt(manager, attempt, set);
    await appendEvent(manager, attemptEvent(locked, 'attempt.detail_changed'));
  }
}
