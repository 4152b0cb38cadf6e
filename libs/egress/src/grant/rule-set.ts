import { echoPatterns } from '../credentials/echo-patterns.js';
import { checkCredential } from '../credentials/format-credential.js';
import type { EgressReason } from '../record/egress-record.js';
import type { CredentialLine, EgressCredential, EgressGrant, EgressRule } from './egress-grant.js';
import { normaliseAuthority } from './host-name.js';
import { matchesHost, parseHostPattern, type HostPattern } from './host-pattern.js';
import { isBelowPrefix, withoutQuery } from './path-prefix.js';

const DEFAULT_PORTS: readonly number[] = [443];

export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: EgressReason; readonly suggestion: EgressRule };

interface Scope {
  readonly methods: readonly string[];
  readonly pathPrefix: string;
}

interface CompiledRule extends Scope {
  readonly pattern: HostPattern;
  readonly ports: readonly number[];
}

interface CompiledCredential extends Scope {
  readonly patterns: readonly HostPattern[];
  readonly credential: EgressCredential;
}

/** Where a request goes. */
export interface CredentialPlace {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** A grant, compiled. All hosts that it is asked about are normal (see `normaliseHost`). */
export class RuleSet {
  private readonly rules: readonly CompiledRule[];
  private readonly credentials: readonly CompiledCredential[];
  private readonly privateHosts: ReadonlySet<string>;
  /** Every spelling of every credential. */
  readonly echoPatterns: readonly Buffer[];

  /** Throws a RangeError that names the part of the grant that makes no sense. */
  constructor(grant: EgressGrant) {
    this.rules = grant.rules.map((rule) => ({
      pattern: parseHostPattern(rule.host),
      ports: rule.ports.length === 0 ? DEFAULT_PORTS : rule.ports,
      ...compileScope(rule),
    }));
    this.credentials = grant.credentials.map((credential) => ({
      patterns: credential.hosts.map(parseHostPattern),
      credential,
      ...compileScope(credential),
    }));
    grant.credentials.forEach(checkCredential);
    this.echoPatterns = grant.credentials.flatMap(({ value }) => echoPatterns(value));
    this.privateHosts = new Set(grant.privateHosts.map(privateHostKey));
  }

  /** May something of this host be reached on this port at all? */
  decideHost(host: string, port: number): Decision {
    const ports = this.portsOf(host);
    if (ports.includes(port)) return { allowed: true };
    return {
      allowed: false,
      reason: ports.length === 0 ? 'HOST_NOT_ALLOWED' : 'PORT_NOT_ALLOWED',
      suggestion: { host, ports: [port], methods: [], pathPrefix: '' },
    };
  }

  decideRequest(host: string, port: number, method: string, path: string): Decision {
    const byHost = this.decideHost(host, port);
    if (!byHost.allowed) return byHost;
    const rules = this.rulesOf(host, port);
    if (rules.some((rule) => covers(rule, method, path))) return { allowed: true };
    return {
      allowed: false,
      reason: rules.some((rule) => hasMethod(rule, method)) ? 'PATH_NOT_ALLOWED' : 'METHOD_NOT_ALLOWED',
      suggestion: { host, ports: [port], methods: [method], pathPrefix: withoutQuery(path) },
    };
  }

  /** Every port of a host; empty if no rule names it. */
  portsOf(host: string): readonly number[] {
    const ports = this.rules.filter(({ pattern }) => matchesHost(pattern, host)).flatMap((rule) => rule.ports);
    return [...new Set(ports)];
  }

  /** True where requests must be seen: a rule with method or path, or a credential for the host. */
  endsTls(host: string, port: number): boolean {
    return this.rulesOf(host, port).some(isScoped) || this.hasCredentials({ scheme: 'https', host, port });
  }

  /** What the host answers there may hold a credential. */
  hasCredentials(place: CredentialPlace): boolean {
    return this.credentials.some((credential) => goesTo(credential, place));
  }

  credentialsFor(place: CredentialPlace, method: string, path: string): readonly EgressCredential[] {
    return this.credentials
      .filter((credential) => goesTo(credential, place) && covers(credential, method, path))
      .map(({ credential }) => credential);
  }

  /** The line that a request waits in; undefined: none. */
  lineFor(place: CredentialPlace, method: string, path: string): CredentialLine | undefined {
    return this.credentialsFor(place, method, path).findLast(({ line }) => line !== undefined)?.line;
  }

  /** Every line of the grant. */
  get lines(): readonly string[] {
    return this.credentials.flatMap(({ credential: { line } }) => (line === undefined ? [] : [line.name]));
  }

  /** The names that a certificate authority must be able to vouch for; a `*.suffix` as its suffix. */
  interceptedNames(): readonly string[] {
    const scoped = this.rules.filter(isScoped).map(({ pattern }) => pattern.name);
    const credentials = this.credentials.flatMap(({ patterns }) => patterns.map(({ name }) => name));
    return [...new Set([...scoped, ...credentials])].sort();
  }

  mayBePrivate(host: string, port: number): boolean {
    return this.privateHosts.has(host) || this.privateHosts.has(`${host}:${String(port)}`);
  }

  private rulesOf(host: string, port: number): readonly CompiledRule[] {
    return this.rules.filter(({ pattern, ports }) => matchesHost(pattern, host) && ports.includes(port));
  }
}

function compileScope({ methods, pathPrefix }: Scope): Scope {
  if (pathPrefix !== '' && !pathPrefix.startsWith('/'))
    throw new RangeError(`the path prefix ${JSON.stringify(pathPrefix)} does not begin with /`);
  return { methods: methods.map((method) => method.toUpperCase()), pathPrefix };
}

function privateHostKey(text: string): string {
  const normal = normaliseAuthority(text, 1);
  if ('fault' in normal) throw new RangeError(`${JSON.stringify(text)} is no private host: ${normal.fault}`);
  return text.includes(':') ? `${normal.host}:${String(normal.port)}` : normal.host;
}

function goesTo({ patterns, credential }: CompiledCredential, { scheme, host, port }: CredentialPlace): boolean {
  return (
    (scheme === 'https' || credential.plain === true) &&
    credential.ports?.includes(port) !== false &&
    patterns.some((pattern) => matchesHost(pattern, host))
  );
}

function isScoped({ methods, pathPrefix }: Scope): boolean {
  return methods.length > 0 || pathPrefix !== '';
}

function hasMethod({ methods }: Scope, method: string): boolean {
  return methods.length === 0 || methods.includes(method);
}

function covers(scope: Scope, method: string, path: string): boolean {
  return hasMethod(scope, method) && isBelowPrefix(path, scope.pathPrefix);
}
