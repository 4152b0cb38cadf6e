import type { ServiceDefinition } from '@grpc/grpc-js';
import type { CustomStrategy } from '@nestjs/microservices';
import { HeddleGrpcServer } from './heddle-grpc-server.js';

export interface GrpcServerSettings {
  readonly host: string;
  /** 0 lets the system choose; `strategy.port` tells which. */
  readonly port: number;
  /** Calls without it are refused. */
  readonly internalToken: string;
  /** ts-proto's service constants by full name, e.g. `{'heddle.v1.BatchService': BatchServiceService}`. */
  readonly services: Readonly<Record<string, ServiceDefinition>>;
  /** How long calls in flight may go on after a stop was asked for; 5 s if absent. */
  readonly graceMs?: number;
}

/**
 * Nest microservice options that serve generated service definitions without proto files.
 * A handler is `@GrpcMethod('BatchService', 'CreateBatch')`, an `async *` one for server streams,
 * `@GrpcStreamMethod('GitStoreService', 'StoreCheckpoint')` for client streams, whose handler takes `AsyncIterable<Request>` and
 * returns a promise, or is an `async *` one where the server streams too. A method without a handler answers UNIMPLEMENTED.
 */
export function grpcMicroservice(
  settings: GrpcServerSettings,
): CustomStrategy & { readonly strategy: HeddleGrpcServer } {
  return { strategy: new HeddleGrpcServer(settings) };
}
