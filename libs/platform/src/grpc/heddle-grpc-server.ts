import {
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ServerGrpc } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { toHeddleError } from '../errors/to-heddle-error.js';
import type { GrpcServerSettings } from './grpc-microservice.js';
import { MAX_MESSAGE_BYTES } from './limits.js';
import { toGrpcFailure, type GrpcFailure } from './heddle-exception.filter.js';
import { internalCallGuard } from './internal-call-guard.js';
import { isAsyncIterable, pulled, writeAll } from './stream-calls.js';

/** Nest's gRPC transport over generated definitions; every call runs in the request context that it carries. */
export class HeddleGrpcServer extends ServerGrpc {
  private bound: number | undefined;
  private server: Server | undefined;

  constructor(private readonly settings: GrpcServerSettings) {
    super({
      package: packagesOf(settings.services),
      packageDefinition: byRpcName(settings.services),
      url: `${settings.host}:${settings.port}`,
    });
  }

  /** The port it listens on; undefined before it listens. */
  get port(): number | undefined {
    return this.bound;
  }

  override async createClient(): Promise<Server> {
    this.refuseUnserved();
    const server = new Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      'grpc.keepalive_time_ms': 30_000,
    });
    const guard = internalCallGuard(this.settings.internalToken);
    const addService = server.addService.bind(server);
    server.addService = (definition: ServiceDefinition, handlers: UntypedServiceImplementation) =>
      addService(definition, guard(definition, handlers));
    this.bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(this.url, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    this.server = server;
    return server;
  }

  /** A handler whose service is left out of the settings would be answered for with NOT_AVAILABLE. */
  private refuseUnserved(): void {
    const served = new Set(Object.keys(this.settings.services).map((name) => name.slice(name.lastIndexOf('.') + 1)));
    const patterns = [...this.getHandlers().keys()].map((key) => JSON.parse(key) as { service: string; rpc: string });
    const unserved = patterns.filter(({ service }) => !served.has(service));
    if (unserved.length === 0) return;
    const names = unserved.map(({ service, rpc }) => `${service}/${rpc}`).join(', ');
    throw new Error(`handlers of services that are not among those to serve: ${names}`);
  }

  /**
   * A client's stream: the handler pulls from an AsyncIterable of requests and answers with a promise; in a call with
   * streams in both directions with an AsyncIterable of its own.
   */
  override createRequestStreamMethod(methodHandler: Handler, isResponseStream: boolean): RequestStreamMethod {
    if (isResponseStream) return (call) => this.both(methodHandler, call as unknown as Duplex);
    return async (call, callback) => {
      try {
        const requests = pulled(call as unknown as ServerReadableStream<unknown, unknown>);
        callback(
          null,
          await lastValueFrom(this.transformToObservable(await methodHandler(requests, call.metadata, call))),
        );
      } catch (error) {
        callback(error, null);
      }
    };
  }

  /** A server's stream: a handler that is an async generator goes on only as fast as the client reads. Observables are served as Nest does. */
  override createStreamServiceMethod(methodHandler: Handler): Handler {
    const viaObservable = (answer: unknown) => super.createStreamServiceMethod(() => answer) as Handler;
    return async (call: unknown, callback: unknown) => {
      const stream = call as ServerWritableStream<unknown, unknown>;
      const answer = await methodHandler(stream.request, stream.metadata, stream);
      if (!isAsyncIterable(answer)) return viaObservable(answer)(call, callback);
      return writeAll(stream, answer, (thrown) => this.failure(thrown));
    };
  }

  private async both(methodHandler: Handler, call: Duplex): Promise<void> {
    try {
      const answer = await methodHandler(pulled(call), call.metadata, call);
      if (!isAsyncIterable(answer)) throw new Error('a handler of streams in both directions must answer with one');
      await writeAll(call, answer, (thrown) => this.failure(thrown));
    } catch (error) {
      if (!call.cancelled) call.emit('error', this.failure(error));
    }
  }

  /** For errors that come while a stream runs: Nest's filters have let go of the call by then. */
  private failure(thrown: unknown): GrpcFailure {
    const error = toHeddleError(thrown);
    if (error.reason === 'INTERNAL')
      this.logger.error(Object.assign(new Error(error.message, { cause: error.cause }), error.metadata));
    return toGrpcFailure(error);
  }

  /** Lets calls in flight end for the time of grace, then cuts them. */
  override async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server === undefined) return;
    const done = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    const timer = setTimeout(() => server.forceShutdown(), this.settings.graceMs ?? 5_000);
    await done;
    clearTimeout(timer);
  }
}

type Duplex = ServerDuplexStream<unknown, unknown>;
type Handler = (...args: unknown[]) => unknown;
type RequestStreamMethod = ReturnType<ServerGrpc['createRequestStreamMethod']>;

/** Nest looks handlers up by the rpc's name; ts-proto keys definitions by the camelCase one. */
function byRpcName(services: Readonly<Record<string, ServiceDefinition>>): Record<string, ServiceDefinition> {
  const renamed = Object.entries(services).map(([name, service]) => {
    const methods = Object.values(service).map(
      (method: MethodDefinition<unknown, unknown>) => [method.path.split('/')[2] ?? method.path, method] as const,
    );
    return [name, Object.fromEntries(methods)] as const;
  });
  return Object.fromEntries(renamed);
}

function packagesOf(services: Readonly<Record<string, ServiceDefinition>>): string[] {
  return [...new Set(Object.keys(services).map((name) => name.slice(0, name.lastIndexOf('.'))))];
}
