import type { Socket } from 'node:net';
import { normaliseHost } from '../grant/host-name.js';
import type { EgressScheme } from '../record/egress-record.js';
import type { EgressContext } from './egress-context.js';
import { EgressFault } from './egress-fault.js';
import { sniff } from './sniff.js';
import { tunnel } from './tunnel.js';
import type { ClientHello } from '../tls/client-hello.js';

/** Where a connection goes, by CONNECT or by the address that was connected to. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** Serves requests of a connection whose destination is fixed. */
export type ServeRequests = (socket: Socket, destination: Destination) => void | Promise<void>;

export interface BoundServers {
  readonly plain: ServeRequests;
  /** Ends TLS with a certificate of the sandbox's own authority. */
  readonly endingTls: ServeRequests;
}

/**
 * Serves a connection to a host and port that the rules allow. What comes must be HTTP, or TLS whose server name is that
 * host; nothing of it is passed on before that is known. `opened` is a connection to the destination, if there is one.
 */
export async function serveBound(
  context: EgressContext,
  servers: BoundServers,
  socket: Socket,
  destination: Destination,
  opened?: Socket,
): Promise<void> {
  const { rules, limits, recorder } = context;
  const first = await sniff(socket, limits.handshakeMs);
  const refuse = (scheme: EgressScheme, fault: EgressFault): void => {
    recorder.refuse({ ...destination, scheme }, fault);
    socket.destroy();
  };
  const ends = rules.endsTls(destination.host, destination.port);
  if (first.kind !== 'TLS' || ends) opened?.destroy();
  switch (first.kind) {
    case 'GONE':
      refuse('tcp', new EgressFault('FAILED', 'CLIENT_ABORTED', 'the client said nothing'));
      return;
    case 'UNKNOWN':
      refuse('tcp', new EgressFault('REFUSED', 'UNKNOWN_PROTOCOL', 'only TLS and HTTP are passed on'));
      return;
    case 'HTTP':
      await servers.plain(socket, destination);
      return;
    case 'TLS': {
      const fault = faultOfHello(first.hello, destination.host, ends);
      if (fault !== undefined) {
        opened?.destroy();
        refuse(ends ? 'https' : 'tls', fault);
      } else if (ends) await servers.endingTls(socket, destination);
      else await passThrough(context, socket, destination, opened);
    }
  }
}

function faultOfHello(hello: ClientHello, host: string, ends: boolean): EgressFault | undefined {
  if (hello.serverName === undefined)
    return new EgressFault('REFUSED', 'SNI_MISSING', `TLS to ${host} must name it (SNI)`);
  const named = normaliseHost(hello.serverName);
  if (!('host' in named) || named.host !== host)
    return new EgressFault('REFUSED', 'SNI_MISMATCH', `TLS names another host than ${host}`);
  // Behind one front end, the hidden name may be any host. Where TLS is ended here, nobody reads it.
  if (hello.isEncrypted && !ends)
    return new EgressFault('REFUSED', 'SNI_MISMATCH', `TLS to ${host} hides the name that counts (ECH)`);
  return undefined;
}

async function passThrough(
  { recorder, upstream, limits }: EgressContext,
  client: Socket,
  destination: Destination,
  opened: Socket | undefined,
): Promise<void> {
  const record = recorder.begin({ ...destination, scheme: 'tls' });
  try {
    const socket = opened ?? (await upstream.connectTcp(destination.host, destination.port));
    if (client.destroyed) {
      socket.destroy();
      record.end();
      return;
    }
    tunnel(client, socket, { record, idleMs: limits.idleMs });
  } catch (error) {
    if (!(error instanceof EgressFault)) throw error;
    record.end(error);
    client.destroy();
  }
}
