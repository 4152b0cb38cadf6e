import type { Exchange } from './exchange.js';

/** Writes a server stream as REST shows it. What it throws before its first byte becomes an HTTP error. */
export type StreamRenderer = (exchange: Exchange) => Promise<void>;
