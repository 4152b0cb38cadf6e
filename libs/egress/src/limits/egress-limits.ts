/** What one sandbox may take of the process that its egress shares with others. */
export interface EgressLimits {
  /** Connections from the sandbox that are open at once; more are closed at once. */
  readonly maxConnections: number;
  /** Bytes in both directions, over the life of the egress. */
  readonly maxBytes: number;
  /** Of one message's header. */
  readonly maxHeaderBytes: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** Until a new connection must have said what it wants, and an upstream must have answered the connect. */
  readonly handshakeMs: number;
  /** Of request bodies that wait for their turn at a model's server; larger ones are sent as they come, once. */
  readonly maxKeptBytes: number;
  /** A client that is so slow with a request that has its turn, or with its answer, loses it. */
  readonly turnIdleMs: number;
  /** Names of `*.suffix` rules that get an address. */
  readonly maxNames: number;
}

export const DEFAULT_LIMITS: EgressLimits = {
  maxConnections: 256,
  maxBytes: 64 * 1024 ** 3,
  maxHeaderBytes: 64 * 1024,
  idleMs: 10 * 60_000,
  handshakeMs: 20_000,
  maxKeptBytes: 16 * 1024 ** 2,
  turnIdleMs: 60_000,
  maxNames: 512,
};
