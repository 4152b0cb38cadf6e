import type { ModelAccess } from '@heddle/contracts/internal';
import { isModelProvider, modelProvider, type ModelEndpoint, type ModelProvider } from '@heddle/domain';
import type { EgressCredential, EgressRule } from '@heddle/egress';
import { SandboxError } from '@heddle/sandbox';

/** How agents talk to a model. */
const METHODS = ['GET', 'POST'] as const;

/** What the egress needs for an agent's way to its model. */
export interface ModelRoute {
  readonly rule: EgressRule;
  readonly credential: EgressCredential;
}

/** What the agent may know. */
export function modelEndpoint(access: ModelAccess): ModelEndpoint {
  return { provider: providerOf(access), baseUrl: access.baseUrl };
}

/**
 * One host, port and path below which the value is put on requests, in place of what the agent sends for a key.
 * @param maxWaitMs how long a request may wait in line for its turn; 0: each goes out at once
 * @param privateHosts those that the runner's operator lets have private addresses
 * @throws SandboxError EGRESS_UNAVAILABLE where it would go in the clear over a network that this runner's operator does not name
 */
export function modelRoute(access: ModelAccess, privateHosts: readonly string[], maxWaitMs: number): ModelRoute {
  const { host, port, isPlain, pathPrefix } = placeOf(access);
  if (isPlain && !privateHosts.includes(host) && !privateHosts.includes(`${host}:${String(port)}`))
    throw new SandboxError(
      'EGRESS_UNAVAILABLE',
      `the credential ${access.name} goes to ${access.baseUrl} in the clear, and HEDDLE_EGRESS_PRIVATE_HOSTS of this runner does not name that host`,
    );
  const { header, format } = modelProvider(providerOf(access));
  const scope = { methods: METHODS, pathPrefix, ports: [port] };
  return {
    rule: { host, ...scope },
    credential: {
      name: access.name,
      hosts: [host],
      ...scope,
      header,
      format,
      value: access.value,
      ...(isPlain ? { plain: true } : {}),
      // Its address is part of a credential: one line for each server and account.
      ...(maxWaitMs === 0 ? {} : { line: { name: access.credentialId, maxWaitMs } }),
    },
  };
}

/** True for a request of the agent to its model. */
export function isToModel(
  access: ModelAccess,
  { host, port }: { readonly host: string; readonly port: number },
): boolean {
  const place = placeOf(access);
  return host === place.host && port === place.port;
}

function placeOf({ baseUrl }: ModelAccess): {
  readonly host: string;
  readonly port: number;
  readonly isPlain: boolean;
  readonly pathPrefix: string;
} {
  const url = new URL(baseUrl);
  const isPlain = url.protocol === 'http:';
  return {
    host: url.hostname,
    port: url.port === '' ? (isPlain ? 80 : 443) : Number(url.port),
    isPlain,
    pathPrefix: url.pathname === '/' ? '' : url.pathname,
  };
}

function providerOf({ provider, name }: ModelAccess): ModelProvider {
  if (isModelProvider(provider)) return provider;
  throw new SandboxError(
    'EGRESS_UNAVAILABLE',
    `the credential ${name} is of provider ${provider}, which this runner does not know: it is of an earlier version`,
  );
}
