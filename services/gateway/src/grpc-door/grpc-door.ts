import {
  Metadata,
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerDuplexStream,
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
import { callFrame, type AnyCall, type CallFrame } from './incoming-call.js';
import { GrpcReflection } from './grpc-reflection.js';

type Unary = ServerUnaryCall<Buffer, Buffer>;
type Streaming = ServerWritableStream<Buffer, Buffer>;
type Duplex = ServerDuplexStream<Buffer, Buffer>;

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
      handlers[method.name] = this.handler(method);
    }
    this.server.addService(definition, handlers as never);
  }

  private handler(method: RpcMethod): (call: never, callback: never) => void {
    if (method.clientStreaming && method.serverStreaming) return (call: Duplex) => void this.duplex(method, call);
    if (method.serverStreaming) return (call: Streaming) => void this.stream(method, call);
    return (call: Unary, callback: sendUnaryData<Buffer>) => void this.unary(method, call, callback);
  }

  private async unary(method: RpcMethod, call: Unary, callback: sendUnaryData<Buffer>): Promise<void> {
    const incoming = { ...this.open(method, call), request: requestOf(call) };
    try {
      checkRequest(method, incoming.request);
      callback(null, Buffer.from(await this.dispatcher.unary(incoming)));
    } catch (error) {
      callback(trailers(toFailure(error, this.logger)));
    }
  }

  private async stream(method: RpcMethod, call: Streaming): Promise<void> {
    const incoming = { ...this.open(method, call), request: requestOf(call) };
    await this.answer(call, incoming.signal, () => {
      checkRequest(method, incoming.request);
      return this.dispatcher.stream(incoming);
    });
  }

  private async duplex(method: RpcMethod, call: Duplex): Promise<void> {
    const incoming = this.open(method, call);
    const requests = checked(method, call);
    await this.answer(call, incoming.signal, () => this.dispatcher.duplex({ ...incoming, requests }));
  }

  private async answer(
    call: Streaming | Duplex,
    signal: AbortSignal,
    open: () => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<void> {
    try {
      for await (const message of await open()) await writeAtReadersPace(call, Buffer.from(message), signal);
      if (!call.cancelled) signal.throwIfAborted();
      call.end();
    } catch (error) {
      if (!call.cancelled) call.emit('error', trailers(toFailure(error, this.logger)));
    }
  }

  private open(method: RpcMethod, call: AnyCall): CallFrame {
    const incoming = callFrame(method, call, this.closing.signal);
    const metadata = new Metadata();
    metadata.set('x-request-id', incoming.requestId);
    call.sendMetadata(metadata);
    return incoming;
  }
}

/** A client that streams has none of its own before its stream is read. */
function requestOf(call: { readonly request?: Buffer }): Buffer {
  return call.request ?? Buffer.alloc(0);
}

async function* checked(method: RpcMethod, call: Duplex): AsyncGenerator<Uint8Array> {
  for await (const request of call as AsyncIterable<Buffer>) {
    checkRequest(method, request);
    yield request;
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
