import { setTimeout as delay } from 'node:timers/promises';
import type { ModelAccess } from '@heddle/contracts/internal';
import { isModelProvider, modelProvider, type ModelEndpoint, type ModelProvider } from '@heddle/domain';
import { isPrivateHost, type EgressCredential, type EgressRule, type Resolve } from '@heddle/egress';
import { SandboxError } from '@heddle/sandbox';

/** How agents talk to a model. */
const METHODS = ['GET', 'POST'] as const;

const RESOLVED_WITHIN_MS = 2_000;

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
  if (isPlain && !isNamed(access, privateHosts)) throw notNamed(access, 'is reached in the clear');
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

/**
 * Says at once what the agent would learn request by request, in words of its own. A host that has no address now may
 * have one later, and a resolver that takes its time is not waited for.
 * @throws SandboxError EGRESS_UNAVAILABLE where the model's host has only addresses that this runner's operator does not open
 */
export async function requireOpen(
  access: ModelAccess,
  privateHosts: readonly string[],
  resolve: Resolve,
): Promise<void> {
  if (isNamed(access, privateHosts)) return;
  const late = delay(RESOLVED_WITHIN_MS, false, { ref: false });
  if (await Promise.race([isPrivateHost(resolve, placeOf(access).host), late]))
    throw notNamed(access, 'has a private address');
}

function isNamed(access: ModelAccess, privateHosts: readonly string[]): boolean {
  const { host, port } = placeOf(access);
  return privateHosts.includes(host) || privateHosts.includes(`${host}:${String(port)}`);
}

function notNamed(access: ModelAccess, what: string): SandboxError {
  const { host, port } = placeOf(access);
  return new SandboxError(
    'EGRESS_UNAVAILABLE',
    `the host of the credential ${access.name}, ${access.baseUrl}, ${what}, and HEDDLE_EGRESS_PRIVATE_HOSTS of this runner does not name it: ` +
      `start the platform again with HEDDLE_EGRESS_PRIVATE_HOSTS=${host}:${String(port)} (beside what it names already)`,
  );
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
