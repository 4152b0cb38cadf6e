import type { ServerOptions } from 'node:http';
import type { EgressLimits } from '../limits/egress-limits.js';

const KEEP_ALIVE_MS = 60_000;
/** How often it is looked for connections whose time is up. */
const CHECK_MS = 10_000;

/** Node's parser is strict by default: bare line feeds, folded headers, and a length beside chunks are errors. */
export function serverOptions({ maxHeaderBytes, handshakeMs }: EgressLimits): ServerOptions {
  return {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: handshakeMs,
    connectionsCheckingInterval: Math.min(handshakeMs, CHECK_MS),
    // An upload may take its time as long as something moves.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    insecureHTTPParser: false,
  };
}

/** Longer than an upstream gets: who is silent is named by the record. */
export function clientIdleMs({ idleMs, handshakeMs }: EgressLimits): number {
  return idleMs + handshakeMs;
}
