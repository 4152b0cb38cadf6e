import {
  Metadata,
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { Status } from '@heddle/contracts/rpc';
import { HeddleError } from '@heddle/domain';
import { STATUS_DETAILS_KEY } from '@heddle/platform/errors';
import { MAX_MESSAGE_BYTES } from '@heddle/platform/grpc-client';
import type { Logger } from '@heddle/platform/logging';
import type { MethodCatalog, RpcMethod } from '../catalog/method-catalog.js';
import { checkRequest } from '../dispatch/check-request.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { toFailure } from '../dispatch/failure.js';
import { writeAtReadersPace } from '../dispatch/slow-reader.js';
import { GrpcHealth } from './grpc-health.js';
import { incomingCall, type AnyCall } from './incoming-call.js';
import { GrpcReflection } from './grpc-reflection.js';

type Unary = ServerUnaryCall<Buffer, Buffer>;
type Streaming = ServerWritableStream<Buffer, Buffer>;

/** The public gRPC server: every service of the API by its descriptors, with health and reflection. */
export class GrpcDoor {
  private readonly server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': 30_000,
  });
  private readonly health: GrpcHealth;
  private readonly closing = new AbortController();

  constructor(
    private readonly catalog: MethodCatalog,
    private readonly dispatcher: Dispatcher,
    private readonly logger: Logger,
  ) {
    const services = [...catalog.services().keys()];
    this.health = new GrpcHealth(services);
    this.health.addTo(this.server);
    new GrpcReflection(services).addTo(this.server);
    for (const methods of catalog.services().values()) this.serve(methods);
  }

  /** @returns the port it listens on */
  start(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
  }

  /** Ends streams with SHUTTING_DOWN, lets calls in flight end for the time of grace, then cuts them. */
  async stop(graceMs: number): Promise<void> {
    this.health.stop();
    this.closing.abort(new HeddleError('SHUTTING_DOWN', 'The gateway is stopping; call again'));
    const timer = setTimeout(() => this.server.forceShutdown(), graceMs);
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    clearTimeout(timer);
  }

  private serve(methods: readonly RpcMethod[]): void {
    const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {};
    const handlers: Record<string, (call: never, callback: never) => void> = {};
    for (const method of methods) {
      definition[method.name] = rawDefinition(method);
      handlers[method.name] = method.serverStreaming
        ? (call: Streaming) => void this.stream(method, call)
        : (call: Unary, callback: sendUnaryData<Buffer>) => void this.unary(method, call, callback);
    }
    this.server.addService(definition, handlers as never);
  }

  private async unary(method: RpcMethod, call: Unary, callback: sendUnaryData<Buffer>): Promise<void> {
    const incoming = this.open(method, call, call.request);
    try {
      checkRequest(method, incoming.request);
      callback(null, Buffer.from(await this.dispatcher.unary(incoming)));
    } catch (error) {
      callback(trailers(toFailure(error, this.logger)));
    }
  }

  private async stream(method: RpcMethod, call: Streaming): Promise<void> {
    const incoming = this.open(method, call, call.request);
    try {
      checkRequest(method, incoming.request);
      for await (const message of await this.dispatcher.stream(incoming))
        await writeAtReadersPace(call, Buffer.from(message), incoming.signal);
      if (!call.cancelled) incoming.signal.throwIfAborted();
      call.end();
    } catch (error) {
      if (!call.cancelled) call.emit('error', trailers(toFailure(error, this.logger)));
    }
  }

  private open(method: RpcMethod, call: AnyCall, request: Buffer | undefined) {
    const incoming = incomingCall(method, call, request ?? Buffer.alloc(0), this.closing.signal);
    const metadata = new Metadata();
    metadata.set('x-request-id', incoming.requestId);
    call.sendMetadata(metadata);
    return incoming;
  }
}

function rawDefinition(method: RpcMethod): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${method.fullName}`,
    requestStream: method.clientStreaming,
    responseStream: method.serverStreaming,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

function trailers(status: Status): { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS_KEY, Buffer.from(Status.encode(status).finish()));
  return { code: status.code, details: status.message, metadata };
}
