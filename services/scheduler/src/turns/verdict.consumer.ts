import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { STREAMS, SUBJECTS } from '@heddle/contracts';
import { FORGE_REVIEW, HeddleError, LANDING_FAILED } from '@heddle/domain';
import type { Logger } from '@heddle/platform/logging';
import { DurableConsumer, ensureStreams } from '@heddle/platform/messaging';
import { oncePerVersion } from '@heddle/platform/outbox';
import { LOGGER } from '@heddle/platform/service';
import type { NatsConnection } from '@nats-io/transport-node';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { NATS } from '../shared/tokens.js';
import { addTurn } from './add-turn.js';
import { TurnService } from './turn.service.js';

const CONSUMER = 'scheduler-verdicts';

/** Asked by a landing that fell out or is proposed; which of both it is may be heard later. */
const OF_LANDINGS: ReadonlySet<string> = new Set([LANDING_FAILED, FORGE_REVIEW]);

const eventSchema = z.object({
  revision: z.string(),
  data: z.object({
    verdict: z.object({
      id: z.uuid(),
      changeId: z.uuid(),
      verdict: z.string(),
      comment: z.string(),
      // Verdicts of before there were threads have none.
      message: z.string().default(''),
      principal: z.string(),
      reasonClass: z.string().optional(),
    }),
  }),
});

type VerdictFact = z.infer<typeof eventSchema>['data']['verdict'];

/** What a reviewer asks for is the next turn of the attempt that made the change. */
@Injectable()
export class VerdictConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumer: DurableConsumer;

  constructor(
    private readonly dataSource: DataSource,
    private readonly turns: TurnService,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.consumer = new DurableConsumer({
      nc: nats,
      stream: STREAMS.events,
      durable: CONSUMER,
      filter: [SUBJECTS.eventsOf('verdict')],
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

  /** One event of a verdict; a repeat adds nothing. */
  async take(json: unknown): Promise<void> {
    const { revision, data } = eventSchema.parse(json);
    const { verdict } = data;
    // Later events of a verdict say that it holds for a new head, or no more: what it asked for was asked once.
    if (verdict.verdict !== 'REQUEST_CHANGES' || revision !== '1') return;
    let moved: readonly string[] = [];
    try {
      await this.dataSource.transaction(async (manager) => {
        await oncePerVersion(
          manager,
          { consumer: CONSUMER, aggregate: 'verdict', id: verdict.id, version: revision },
          'accept',
          async () => {
            moved = await this.apply(manager, verdict);
          },
        );
      });
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      if (error.reason === 'LANDING_EXISTS' && OF_LANDINGS.has(verdict.reasonClass ?? '')) throw error;
      // The verdict stands; its attempt can not go on by itself, and shows that the change waits.
      this.logger.info({ err: error, verdictId: verdict.id }, 'a verdict asks for changes that no turn can make');
      return;
    }
    this.turns.told(moved);
  }

  private async apply(manager: EntityManager, verdict: VerdictFact): Promise<readonly string[]> {
    const [row]: { id: string }[] = await manager.query('SELECT id FROM attempts WHERE change_id = $1', [
      verdict.changeId,
    ]);
    // Its change is told by another event, which may come later.
    if (row === undefined) throw new Error(`No attempt is known to have made change ${verdict.changeId}`);
    const { moved } = await addTurn(manager, row.id, {
      message: verdict.message === '' ? verdict.comment : verdict.message,
      principal: verdict.principal,
      verdictId: verdict.id,
      interrupts: false,
    });
    return moved;
  }
}
