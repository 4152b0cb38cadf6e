import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';
import { Counter, Gauge, register } from 'prom-client';
import { STREAMS } from '@heddle/contracts';
import type { Logger } from '../logging/create-logger.js';
import { streamEpoch } from '../messaging/stream-epoch.js';
import { unsendLostEvents } from './lost-events.js';
import { OutboxStore } from './outbox-store.js';
import { isTooLarge, publishInOrder } from './publish-in-order.js';
import { notifyChannel } from './schema-name.js';
import { Wakeup } from '../waiting/wakeup.js';

export interface OutboxRelaySettings {
  readonly url: string;
  readonly schema: string;
  readonly nc: NatsConnection;
  readonly logger: Logger;
}

const BATCH = 500;
const IDLE_MS = 1_000;
const STANDBY_MS = 5_000;
const RETRY_MS = 1_000;
const UPKEEP_MS = 60_000;
const LOCK_CLASS = 0x48454f42;

/**
 * Publishes the outbox of one schema to JetStream, one relay at a time over all processes of the service (a session's advisory lock).
 * No transaction is open while it publishes. It is woken by the commit of an event and looks by itself every second.
 */
export class OutboxRelay {
  private readonly wakeup = new Wakeup();
  private readonly waiting = gauge('heddle_outbox_waiting', 'Events that are not yet in the stream');
  private readonly oldest = gauge(
    'heddle_outbox_oldest_seconds',
    'Age of the oldest event that is not yet in the stream',
  );
  private readonly republished = counter(
    'heddle_outbox_republished_total',
    'Events that the stream had lost and got again',
  );
  private stopping = false;
  private mustCompare = false;
  private upkeepDue = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly settings: OutboxRelaySettings) {}

  start(): void {
    this.running ??= this.run();
    void this.watchReconnects();
  }

  /** Says that there is something to publish. Not needed after `appendEvent`: the commit tells. */
  poke(): void {
    this.wakeup.wake();
  }

  /** Ends after the batch in flight. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeup.wake();
    await this.running;
  }

  /** A method: it may change at every await. */
  private isStopping(): boolean {
    return this.stopping;
  }

  private hasReconnected(): boolean {
    return this.mustCompare;
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      const client = new pg.Client({
        connectionString: this.settings.url,
        application_name: `heddle-relay-${this.settings.schema}`,
        keepAlive: true,
        connectionTimeoutMillis: 5_000,
      });
      try {
        await this.relayOver(client);
      } catch (error) {
        this.settings.logger.warn({ err: error }, 'the outbox relay was interrupted; it tries again');
        await this.wakeup.wait(RETRY_MS);
      } finally {
        await client
          .end()
          .catch((error: unknown) =>
            this.settings.logger.debug({ err: error }, "the relay's connection was gone already"),
          );
      }
    }
  }

  private async relayOver(client: pg.Client): Promise<void> {
    const { schema, nc, logger } = this.settings;
    const broken: Error[] = [];
    client.on('error', (error) => {
      broken.push(error);
      this.wakeup.wake();
    });
    client.on('notification', () => this.wakeup.wake());
    await client.connect();
    await client.query(`LISTEN ${pg.escapeIdentifier(notifyChannel(schema))}`);
    while (!this.isStopping() && !(await isLeader(client, schema))) await this.wakeup.wait(STANDBY_MS);
    const store = new OutboxStore(client, schema);
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    let epoch = await this.compare(store, jsm);
    // What the stream refuses must not keep the events of others waiting; it is tried again at the next upkeep.
    const setAside = new Set<string>();
    while (!this.isStopping()) {
      if (broken[0] !== undefined) throw broken[0];
      if (this.hasReconnected()) epoch = await this.compare(store, jsm);
      if (await this.upkeep(store)) setAside.clear();
      const rows = await store.unpublished(BATCH, [...setAside]);
      if (rows.length === 0) {
        await this.wakeup.wait(IDLE_MS);
        continue;
      }
      const { receipts, failures } = await publishInOrder(jsm.jetstream(), rows);
      if (receipts.length > 0) await store.markPublished(receipts, epoch);
      if (failures.size === 0) continue;
      logger.warn(
        { err: [...failures.values()][0], aggregates: failures.size, waiting: rows.length - receipts.length },
        'events could not be published; they wait',
      );
      const refused = [...failures].filter(([, error]) => isTooLarge(error));
      for (const [key] of refused) setAside.add(key);
      if (refused.length < failures.size) {
        await this.measure(store);
        await this.wakeup.wait(RETRY_MS);
      }
    }
  }

  private async compare(store: OutboxStore, jsm: JetStreamManager): Promise<string> {
    this.mustCompare = false;
    const epoch = streamEpoch(await jsm.streams.info(STREAMS.events));
    const lost = await unsendLostEvents(store, jsm, epoch);
    if (lost > 0) {
      this.republished.inc({ schema: this.settings.schema }, lost);
      this.settings.logger.warn({ lost }, 'the stream had lost events; they are published again');
    }
    return epoch;
  }

  /** @returns whether it was due */
  private async upkeep(store: OutboxStore): Promise<boolean> {
    if (Date.now() < this.upkeepDue) return false;
    this.upkeepDue = Date.now() + UPKEEP_MS;
    await this.measure(store);
    await store.prune();
    return true;
  }

  private async measure(store: OutboxStore): Promise<void> {
    const { waiting, oldestSeconds } = await store.backlog();
    this.waiting.set({ schema: this.settings.schema }, waiting);
    this.oldest.set({ schema: this.settings.schema }, oldestSeconds);
  }

  /** The stream may have lost its newest messages while it was away. */
  private async watchReconnects(): Promise<void> {
    for await (const status of this.settings.nc.status()) {
      if (status.type !== 'reconnect') continue;
      this.mustCompare = true;
      this.wakeup.wake();
    }
  }
}

async function isLeader(client: pg.Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS got', [
    LOCK_CLASS,
    schema,
  ]);
  return rows[0]?.got === true;
}

function gauge(name: string, help: string): Gauge<'schema'> {
  const known = register.getSingleMetric(name);
  return known instanceof Gauge ? known : new Gauge({ name, help, labelNames: ['schema'] });
}

function counter(name: string, help: string): Counter<'schema'> {
  const known = register.getSingleMetric(name);
  return known instanceof Counter ? known : new Counter({ name, help, labelNames: ['schema'] });
}
