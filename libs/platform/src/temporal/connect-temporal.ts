import { Client, Connection } from '@temporalio/client';

export interface TemporalSettings {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
}

export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** A client that connects on first use: a service starts and takes requests while Temporal is away. */
export function connectTemporal({ address, namespace }: TemporalSettings): TemporalClient {
  const connection = Connection.lazy({ address, connectTimeout: '5s' });
  const client = new Client({ connection, namespace });
  return { client, connection, close: () => connection.close() };
}
