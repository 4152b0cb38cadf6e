import type { NetworkNamespace } from './network-namespace.js';

/** The network that the processes of one box share, and what they need to find it. */
export interface BoxNetwork {
  readonly namespace: NetworkNamespace;
  /** Files of the host by the place where the inside sees them, read-only. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
}
