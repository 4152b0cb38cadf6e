import { credentials, Metadata, type Client } from '@grpc/grpc-js';
import type { NatsConnection } from '@nats-io/transport-node';
import type { JsonValue } from '@heddle/contracts/json';
import { createLogger } from '@heddle/platform/logging';
import { connectNats, ensureStreams } from '@heddle/platform/messaging';
import type { TestNats } from '@heddle/testing';
import { openGateway, type Gateway } from '../gateway.js';
import { FakeServices } from './fake-services.js';

export const TOKEN = 'test-admin-token';
export const INTERNAL_TOKEN = 'test-internal-token';
export const silent = createLogger('test', 'silent');

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonValue;
}

/** A gateway with both doors on free ports, fake services behind it, and a real NATS. */
export class GatewayFixture {
  readonly services = new FakeServices();
  nc!: NatsConnection;
  gateway!: Gateway;
  private address = '';
  private readonly clients: Client[] = [];

  constructor(private readonly nats: TestNats) {}

  async start(): Promise<void> {
    this.nc = await connectNats({ url: this.nats.url, token: this.nats.token, name: 'test', logger: silent });
    await ensureStreams(this.nc);
    this.address = await this.services.start();
    await this.open();
  }

  /** Opens the doors; after a stop on the same ports. */
  async open(ports: { http: number; grpc: number } = { http: 0, grpc: 0 }): Promise<void> {
    this.gateway = await openGateway(
      {
        HEDDLE_HOST: '127.0.0.1',
        HEDDLE_HTTP_PORT: ports.http,
        HEDDLE_GRPC_PORT: ports.grpc,
        HEDDLE_ADMIN_TOKEN: TOKEN,
        HEDDLE_INTERNAL_TOKEN: INTERNAL_TOKEN,
        HEDDLE_SCHEDULER_ADDRESS: this.address,
        HEDDLE_REVIEW_ADDRESS: this.address,
      },
      this.nc,
      silent,
    );
  }

  async restart(): Promise<void> {
    const ports = { http: this.gateway.httpPort, grpc: this.gateway.grpcPort };
    await this.gateway.stop();
    await this.open(ports);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.gateway.stop();
    this.services.stop();
    await this.nc.drain();
  }

  fetch(path: string, init: RequestInit = {}, token = TOKEN): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== '') headers.set('authorization', `Bearer ${token}`);
    return fetch(`http://127.0.0.1:${this.gateway.httpPort}${path}`, { ...init, headers });
  }

  async json(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    token = TOKEN,
  ): Promise<JsonAnswer> {
    const init: RequestInit = { method, headers };
    if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
      init.headers = { 'content-type': 'application/json', ...headers };
    }
    const response = await this.fetch(path, init, token);
    return { status: response.status, headers: response.headers, body: (await response.json()) as JsonValue };
  }

  client<C extends Client>(
    constructor: new (address: string, creds: ReturnType<typeof credentials.createInsecure>) => C,
  ): C {
    const client = new constructor(`127.0.0.1:${this.gateway.grpcPort}`, credentials.createInsecure());
    this.clients.push(client);
    return client;
  }

  metadata(entries: Record<string, string> = { authorization: `Bearer ${TOKEN}` }): Metadata {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
    return metadata;
  }
}

/** The reason in a REST error body. */
export function reasonOf(answer: JsonAnswer): unknown {
  return (answer.body as { details?: { reason?: string }[] }).details?.[0]?.reason;
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
