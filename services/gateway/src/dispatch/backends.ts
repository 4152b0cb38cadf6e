import { Client, credentials, Metadata, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { CHANNEL_OPTIONS, connected, METADATA_KEYS } from '@heddle/platform/grpc-client';
import type { RpcMethod } from '../catalog/method-catalog.js';
import type { CallContext } from './call.js';
import { writeAtReadersPace } from './slow-reader.js';

export interface BackendSettings {
  readonly internalToken: string;
  /** host:port by service of the API, or by method (`heddle.v1.TaskService/GetRanking`), which goes before. What is not here is not built. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** Hands calls on to the service that implements them, bytes in and bytes out: the gateway need not know a message to pass it. */
export class Backends {
  private readonly clients = new Map<string, Client>();

  constructor(private readonly settings: BackendSettings) {}

  has(method: RpcMethod): boolean {
    return this.address(method) !== undefined;
  }

  /** @throws grpc-js' ServiceError as the service answered it */
  async unary(method: RpcMethod, request: Uint8Array, context: CallContext): Promise<Uint8Array> {
    const client = await this.readyClient(method, context);
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(
        `/${method.fullName}`,
        same,
        same,
        Buffer.from(request),
        this.metadata(context),
        { deadline: context.deadline },
        (error: ServiceError | null, response) => {
          context.signal.removeEventListener('abort', cancel);
          if (error !== null) reject(error);
          else resolve(response ?? new Uint8Array());
        },
      );
      const cancel = (): void => call.cancel();
      if (context.signal.aborted) cancel();
      else context.signal.addEventListener('abort', cancel, { once: true });
    });
  }

  /** The call begins with the first pull and is cancelled when the reader stops. */
  async *stream(method: RpcMethod, request: Uint8Array, context: CallContext): AsyncGenerator<Uint8Array> {
    const client = await this.readyClient(method, context);
    const call = client.makeServerStreamRequest(
      `/${method.fullName}`,
      same,
      same,
      Buffer.from(request),
      this.metadata(context),
      {
        deadline: context.deadline,
      },
    );
    const cancel = (): void => call.cancel();
    context.signal.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) yield message as Uint8Array;
    } finally {
      context.signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  /** The call begins with the first pull; it is cancelled when the reader stops or the requests break. */
  async *duplex(
    method: RpcMethod,
    requests: AsyncIterable<Uint8Array>,
    context: CallContext,
  ): AsyncGenerator<Uint8Array> {
    const client = await this.readyClient(method, context);
    const call = client.makeBidiStreamRequest(`/${method.fullName}`, same, same, this.metadata(context), {
      deadline: context.deadline,
    });
    const cancel = (): void => call.cancel();
    context.signal.addEventListener('abort', cancel, { once: true });
    let broken: unknown;
    handOver(requests, call, context.signal).catch((error: unknown) => {
      broken = error;
      cancel();
    });
    try {
      for await (const message of call) yield message as Uint8Array;
    } catch (error) {
      throw broken ?? error;
    } finally {
      context.signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  private async readyClient(method: RpcMethod, { signal, deadline }: CallContext): Promise<Client> {
    const client = this.client(method);
    await connected(client, signal, deadline);
    return client;
  }

  private client(method: RpcMethod): Client {
    const address = this.address(method) ?? '';
    const known = this.clients.get(address);
    if (known !== undefined) return known;
    const client = new Client(address, credentials.createInsecure(), CHANNEL_OPTIONS);
    this.clients.set(address, client);
    return client;
  }

  private address({ fullName, service }: RpcMethod): string | undefined {
    return this.settings.addresses[fullName] ?? this.settings.addresses[service];
  }

  private metadata(context: CallContext): Metadata {
    const metadata = new Metadata();
    metadata.set(METADATA_KEYS.internalToken, this.settings.internalToken);
    metadata.set(METADATA_KEYS.requestId, context.requestId);
    metadata.set(METADATA_KEYS.traceparent, context.traceparent);
    if (context.caller !== undefined) {
      metadata.set(METADATA_KEYS.principal, context.caller.principal);
      metadata.set(METADATA_KEYS.role, context.caller.role);
    }
    return metadata;
  }
}

async function handOver(
  requests: AsyncIterable<Uint8Array>,
  call: ClientDuplexStream<Buffer, Buffer>,
  signal: AbortSignal,
): Promise<void> {
  for await (const request of requests) {
    if (call.destroyed || call.writableEnded) return;
    await writeAtReadersPace(call, Buffer.from(request), signal);
  }
  call.end();
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
