import type { Server as HttpServer } from 'node:http';
import { KeepBudget } from './capacity/kept-body.js';
import { ModelGates } from './capacity/model-gates.js';
import { DnsServer } from './dns/dns-server.js';
import { NameTable } from './dns/name-table.js';
import type { EgressGrant } from './grant/egress-grant.js';
import { RuleSet } from './grant/rule-set.js';
import { BoundHttpServers } from './http/bound-servers.js';
import { HttpUpstream } from './http/http-upstream.js';
import { RequestHandlers } from './http/request-handlers.js';
import { createProxyServer } from './http/proxy-server.js';
import { ByteBudget } from './limits/byte-budget.js';
import { ConnectionSet } from './limits/connection-set.js';
import { DEFAULT_LIMITS, type EgressLimits } from './limits/egress-limits.js';
import type { EgressRecord } from './record/egress-record.js';
import { Recorder } from './record/recorder.js';
import { systemResolve, type Resolve } from './resolve/upstream-addresses.js';
import type { EgressContext } from './routing/egress-context.js';
import { TransparentListeners } from './routing/transparent-listeners.js';
import { Upstream } from './routing/upstream.js';
import { listen } from './sockets/listen.js';
import type { SocketOpener } from './sockets/socket-opener.js';
import { canVouchFor, createAuthority, type Authority } from './tls/authority.js';

/** Where the sandbox finds its egress: addresses of its own loopback interface. */
export interface EgressAddresses {
  /** The first two numbers of every address that is used. */
  readonly network: string;
  readonly proxyPort: number;
  readonly dnsPort: number;
}

const DEFAULT_ADDRESSES: EgressAddresses = { network: '127.88', proxyPort: 3128, dnsPort: 53 };

/** Over the system's own bundle, so that a client which reads no variable finds the sandbox's authority too. */
const CA_BUNDLE_PATH = '/etc/ssl/certs/ca-certificates.crt';

/** What OpenSSL, Node, Python's requests, pip, curl, git and cargo read. */
const CA_VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'CARGO_HTTP_CAINFO',
];

interface EgressParts {
  readonly http: HttpUpstream;
  readonly bound: BoundHttpServers;
  readonly proxy: HttpServer;
  readonly transparent: TransparentListeners;
  readonly dns: DnsServer;
}

export interface EgressOptions {
  readonly sockets: SocketOpener;
  readonly grant: EgressGrant;
  /** Called once for each request when it is over. Must not throw. */
  readonly onRecord: (record: EgressRecord) => void;
  /** How names of upstreams become addresses; the host's resolver if none is given. */
  readonly resolve?: Resolve;
  readonly limits?: Partial<EgressLimits>;
  /** Those of the host; if none are given, this egress has its own. */
  readonly gates?: ModelGates;
  /** That of an earlier egress of the same sandbox: what runs in it has read its certificate. */
  readonly authority?: Authority | undefined;
  /** PEM: authorities that upstreams may be certified by, beside those that Node knows. The host's own bundle. */
  readonly upstreamCa?: string;
  readonly addresses?: Partial<EgressAddresses>;
  /** Where `caBundle()` will be found in the sandbox. */
  readonly caBundlePath?: string;
}

/** The only way out of one sandbox: by rules, with a record of every request. */
export class Egress {
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly context: EgressContext,
    private readonly parts: EgressParts,
    private readonly addresses: EgressAddresses,
    private readonly caBundlePath: string,
  ) {}

  /** Rejects with a RangeError for a grant that makes no sense, or with the error of the opener. */
  static async open(options: EgressOptions): Promise<Egress> {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const addresses = { ...DEFAULT_ADDRESSES, ...options.addresses };
    const rules = new RuleSet(options.grant);
    const upstream = new Upstream({
      rules,
      limits,
      resolve: options.resolve ?? systemResolve,
      extraCa: options.upstreamCa ?? '',
    });
    const recorder = new Recorder(options.onRecord, new ByteBudget(limits.maxBytes));
    const gates = options.gates ?? new ModelGates();
    const context: EgressContext = {
      rules,
      limits,
      upstream,
      connections: new ConnectionSet(limits.maxConnections, () => recorder.refuseConnection(limits.maxConnections)),
      recorder,
      gates,
      keepBudget: new KeepBudget(limits.maxKeptBytes, gates.keepBudget),
      authority: await chooseAuthority(options.authority, rules.interceptedNames()),
    };
    const http = new HttpUpstream(upstream, limits);
    const handlers = new RequestHandlers(context, http);
    const bound = new BoundHttpServers(context, handlers);
    const proxy = createProxyServer(context, handlers, bound);
    const names = new NameTable(addresses.network, limits.maxNames);
    const transparent = new TransparentListeners(context, bound, options.sockets, names);
    await listen(proxy, await options.sockets.listenTcp(`${addresses.network}.0.1`, addresses.proxyPort));
    try {
      const dns = await DnsServer.open(options.sockets, `${addresses.network}.0.53`, addresses.dnsPort, {
        find: transparent.find,
        connections: context.connections,
      });
      const parts = { http, bound, proxy, transparent, dns };
      for (const line of rules.lines) context.gates.gate(line).join(context);
      return new Egress(context, parts, addresses, options.caBundlePath ?? CA_BUNDLE_PATH);
    } catch (error) {
      proxy.close();
      throw error;
    }
  }

  /** To be set for every process of the sandbox. */
  get environment(): Record<string, string> {
    const proxy = `http://${this.addresses.network}.0.1:${String(this.addresses.proxyPort)}`;
    const direct = 'localhost,127.0.0.0/8,127.0.0.1,::1';
    return {
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
      http_proxy: proxy,
      https_proxy: proxy,
      NO_PROXY: direct,
      no_proxy: direct,
      ...(this.authority !== undefined && Object.fromEntries(CA_VARIABLES.map((name) => [name, this.caBundlePath]))),
    };
  }

  /** The sandbox's /etc/resolv.conf. */
  get resolvConf(): string {
    return `nameserver ${this.addresses.network}.0.53\noptions ndots:1 timeout:2 attempts:2\n`;
  }

  /** To be kept for the next egress of this sandbox. Undefined if no TLS is ended. */
  get authority(): Authority | undefined {
    return this.context.authority;
  }

  /** Bytes of answers so far, those that refused or failed left out: while it grows, something is on its way. */
  get answeredBytes(): number {
    return this.context.recorder.answeredBytes;
  }

  /** Of its requests to a model, one at least waits for its turn and none has one. */
  get isInLine(): boolean {
    const { rules, gates } = this.context;
    return rules.lines.some((line) => gates.gate(line).isInLine(this.context));
  }

  /** PEM: what the sandbox should trust, given what its root file system brings. */
  caBundle(systemBundle: string): string {
    return this.authority === undefined ? systemBundle : `${systemBundle.trimEnd()}\n${this.authority.certificate}`;
  }

  /** Ends every connection; what was going on is recorded before this resolves. */
  close(): Promise<void> {
    this.closing ??= this.closeParts();
    return this.closing;
  }

  private async closeParts(): Promise<void> {
    const { http, bound, proxy, transparent, dns } = this.parts;
    const closed = new Promise<void>((resolve) => proxy.close(() => resolve()));
    this.context.connections.destroyAll();
    for (const line of this.context.rules.lines) this.context.gates.gate(line).leave(this.context);
    http.close();
    bound.close();
    this.context.upstream.close();
    this.context.recorder.close();
    await Promise.all([closed, transparent.close(), dns.close()]);
  }
}

async function chooseAuthority(kept: Authority | undefined, names: readonly string[]): Promise<Authority | undefined> {
  if (names.length === 0) return undefined;
  return kept !== undefined && canVouchFor(kept, names) ? kept : createAuthority(names);
}
