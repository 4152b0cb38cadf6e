import type { RpcMethod } from '../catalog/method-catalog.js';
import type { Caller } from '../identity/authenticator.js';

/** A call as it came through either door: who may make it is decided in the dispatcher, not at the door. */
export interface IncomingCall {
  readonly method: RpcMethod;
  /** The request in its binary form. */
  readonly request: Uint8Array;
  readonly authorization: string | undefined;
  readonly requestId: string;
  readonly traceparent: string;
  /** When the client stops waiting; milliseconds since the epoch. */
  readonly deadline: number;
  /** Fires when the client goes away, or the gateway stops. */
  readonly signal: AbortSignal;
}

/** A call with streams in both directions: its requests come one by one, each in its binary form. */
export interface DuplexCall extends Omit<IncomingCall, 'request'> {
  readonly requests: AsyncIterable<Uint8Array>;
}

/** What a handler is told of the call. */
export interface CallContext {
  /** Undefined where the method is open and no token was sent. */
  readonly caller: Caller | undefined;
  readonly requestId: string;
  readonly traceparent: string;
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Answers an rpc of the gateway's own. */
export type UnaryHandler = (request: Uint8Array, context: CallContext) => Promise<Uint8Array> | Uint8Array;

/** Opens a stream: what is wrong with the request is thrown before the first message. */
export type StreamHandler = (request: Uint8Array, context: CallContext) => Promise<AsyncIterable<Uint8Array>>;

/** The rpcs that the gateway serves itself, by full name. */
export interface LocalHandlers {
  readonly unary: Readonly<Record<string, UnaryHandler>>;
  readonly streams: Readonly<Record<string, StreamHandler>>;
}
