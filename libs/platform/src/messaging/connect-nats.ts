import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '../logging/create-logger.js';

export interface NatsSettings {
  /** `nats://host:port`; a user in it is taken as the token. */
  readonly url: string;
  readonly token?: string;
  /** Shown by the server's monitoring. */
  readonly name: string;
  readonly logger: Logger;
  /** How long the first connection is tried for; 30 s if absent. Later it reconnects without end. */
  readonly firstConnectMs?: number;
}

/** @throws the last connection error when the server was not there in time */
export async function connectNats(settings: NatsSettings): Promise<NatsConnection> {
  const url = new URL(settings.url);
  const token = settings.token ?? (url.username === '' ? undefined : decodeURIComponent(url.username));
  const giveUpAt = Date.now() + (settings.firstConnectMs ?? 30_000);
  for (;;) {
    try {
      const nc = await connect({
        servers: `${url.protocol}//${url.host}`,
        ...(token === undefined ? {} : { token }),
        name: settings.name,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 100,
        pingInterval: 10_000,
        maxPingOut: 2,
      });
      void logStatus(nc, settings.logger);
      return nc;
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      settings.logger.warn({ err: error }, 'NATS is not reachable yet');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function logStatus(nc: NatsConnection, logger: Logger): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect') logger.warn('NATS is away');
    else if (status.type === 'reconnect') logger.info('NATS is back');
    else if (status.type === 'error') logger.warn({ err: status.error }, 'NATS reported an error');
  }
}
