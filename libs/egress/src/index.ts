export { Egress, type EgressAddresses, type EgressOptions } from './egress.js';
export type { EgressCredential, EgressGrant, EgressRule } from './grant/egress-grant.js';
export { DEFAULT_LIMITS, type EgressLimits } from './limits/egress-limits.js';
export type { EgressReason, EgressRecord, EgressScheme, EgressVerdict } from './record/egress-record.js';
export type { Resolve } from './resolve/upstream-addresses.js';
export type { SocketOpener } from './sockets/socket-opener.js';
export type { Authority } from './tls/authority.js';
export { javaTrustStore } from './tls/java-trust-store.js';
