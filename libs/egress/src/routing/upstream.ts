import { connect, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { RuleSet } from '../grant/rule-set.js';
import type { EgressLimits } from '../limits/egress-limits.js';
import { Gate } from '../limits/gate.js';
import { upstreamAddresses, type Resolve } from '../resolve/upstream-addresses.js';
import { EgressFault } from './egress-fault.js';

export interface UpstreamOptions {
  readonly rules: RuleSet;
  readonly limits: EgressLimits;
  readonly resolve: Resolve;
  /** PEM certificates that count beside Node's own. */
  readonly extraCa: string;
}

const PARALLEL_LOOKUPS = 8;

/** Contexts hold some megabytes of parsed certificates: one for all sandboxes. */
const contexts = new Map<string, SecureContext>();

/** Connections to the hosts of the grant: to an address that was checked, with a certificate that was verified. */
export class Upstream {
  private readonly open = new Set<Socket>();
  /** Look-ups of the whole process share a few threads. */
  private readonly lookups = new Gate(PARALLEL_LOOKUPS);

  constructor(private readonly options: UpstreamOptions) {}

  /** Rejects with an EgressFault. */
  async connectTcp(host: string, port: number): Promise<Socket> {
    const { rules, resolve, limits } = this.options;
    const mayBePrivate = rules.mayBePrivate(host, port);
    const addresses = await this.lookups.run(() => upstreamAddresses(resolve, host, mayBePrivate));
    const socket = connect({
      host,
      port,
      allowHalfOpen: true,
      autoSelectFamily: true,
      // The checked addresses and no others: a second look-up might answer something else.
      lookup: (_host, _options, answer) =>
        answer(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
    });
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    await opened(socket, 'connect', limits.handshakeMs, host);
    socket.setNoDelay(true);
    return socket;
  }

  /** Rejects with an EgressFault. */
  async connectTls(host: string, port: number, protocols: readonly string[]): Promise<TLSSocket> {
    const raw = await this.connectTcp(host, port);
    const socket = connectTls({
      socket: raw,
      servername: host,
      secureContext: upstreamContext(this.options.extraCa),
      ALPNProtocols: [...protocols],
    });
    await opened(socket, 'secureConnect', this.options.limits.handshakeMs, host);
    return socket;
  }

  close(): void {
    for (const socket of this.open) socket.destroy();
  }
}

function upstreamContext(extraCa: string): SecureContext {
  let context = contexts.get(extraCa);
  if (context === undefined) {
    context = createSecureContext({ ca: extraCa === '' ? [...rootCertificates] : [...rootCertificates, extraCa] });
    contexts.set(extraCa, context);
  }
  return context;
}

async function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  timeoutMs: number,
  host: string,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new EgressFault('FAILED', 'UPSTREAM_UNREACHABLE', `${host} did not answer`));
    }, timeoutMs);
    socket.once(event, () => {
      clearTimeout(timer);
      resolve();
    });
    // Stays: an error after the connect is seen by whoever uses the connection, as its end.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(connectFault(error, host));
    });
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new EgressFault('FAILED', 'UPSTREAM_UNREACHABLE', `${host} closed the connection`));
    });
  });
}

function connectFault(error: NodeJS.ErrnoException, host: string): EgressFault {
  const code = error.code ?? error.name;
  const isCertificate = /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code);
  return new EgressFault(
    'FAILED',
    isCertificate ? 'UPSTREAM_CERTIFICATE' : 'UPSTREAM_UNREACHABLE',
    `${host} could not be reached: ${code}`,
  );
}
