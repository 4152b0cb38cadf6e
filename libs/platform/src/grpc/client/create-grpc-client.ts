import {
  credentials,
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type MethodDefinition,
} from '@grpc/grpc-js';
import { outgoingMetadata } from '../call-metadata.js';
import { CHANNEL_OPTIONS } from './channel.js';
import {
  bidiStreamCall,
  clientStreamCall,
  serverStreamCall,
  unaryCall,
  type CallSite,
  type TypedCallOptions,
} from './calls.js';

/** The shape of ts-proto's service constants, as far as types are drawn from it. */
export interface RpcDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (value: Buffer) => unknown;
}

export type ServiceShape = Readonly<Record<string, RpcDefinition>>;

type Request<M extends RpcDefinition> = Parameters<M['requestSerialize']>[0];
type Response<M extends RpcDefinition> = ReturnType<M['responseDeserialize']>;

type Call<M extends RpcDefinition> = M['requestStream'] extends true
  ? (
      requests: AsyncIterable<Request<M>> | Iterable<Request<M>>,
      options?: TypedCallOptions,
    ) => M['responseStream'] extends true ? AsyncIterable<Response<M>> : Promise<Response<M>>
  : M['responseStream'] extends true
    ? (request: Request<M>, options?: TypedCallOptions) => AsyncIterable<Response<M>>
    : (request: Request<M>, options?: TypedCallOptions) => Promise<Response<M>>;

/** One function per rpc: unary → promise, server stream → async iterable; a client's stream is taken as an (async) iterable. */
export type GrpcCalls<S extends ServiceShape> = { readonly [K in keyof S]: Call<S[K]> };

export interface ClientClass<C extends Client, S extends ServiceShape> {
  new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>): C;
  readonly service: S;
}

export interface GrpcClientSettings {
  readonly internalToken: string;
  /** For unary calls without a deadline of their own; streams have none unless given. */
  readonly deadlineMs?: number;
}

export type GrpcClient<C extends Client, S extends ServiceShape> = GrpcCalls<S> & { readonly raw: C; close(): void };

/**
 * A typed client of another service. It connects on first use, reconnects within two seconds, passes on the request context,
 * and rejects with HeddleError only.
 * @param address host:port
 */
export function createGrpcClient<C extends Client, S extends ServiceShape>(
  clientClass: ClientClass<C, S>,
  address: string,
  settings: GrpcClientSettings,
): GrpcClient<C, S> {
  const raw = new clientClass(address, credentials.createInsecure(), CHANNEL_OPTIONS);
  const site: CallSite = {
    client: raw,
    metadata: () => outgoingMetadata(settings.internalToken),
    options: (options, unary) => callOptions(options, unary ? (settings.deadlineMs ?? 10_000) : undefined),
  };
  const calls = Object.entries(clientClass.service).map(
    ([name, definition]) => [name, bind(site, definition)] as const,
  );
  // The mapped type cannot be built up entry by entry; each entry is made from the definition the type is drawn from.
  return Object.assign(Object.fromEntries(calls) as unknown as GrpcCalls<S>, { raw, close: () => raw.close() });
}

function bind(site: CallSite, definition: RpcDefinition): unknown {
  const method = definition as unknown as MethodDefinition<unknown, unknown>;
  if (method.requestStream)
    return method.responseStream ? bidiStreamCall(site, method) : clientStreamCall(site, method);
  return method.responseStream ? serverStreamCall(site, method) : unaryCall(site, method);
}

function callOptions(
  options: TypedCallOptions | undefined,
  defaultDeadlineMs: number | undefined,
): CallOptions & { deadline?: number } {
  const deadlineMs = options?.deadlineMs ?? defaultDeadlineMs;
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}
