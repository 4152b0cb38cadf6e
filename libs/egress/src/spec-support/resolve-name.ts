import { decode, encode, type Packet, type RecordType } from 'dns-packet';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TestEgress } from './test-egress.js';

export function queryOf(name: string, type: RecordType = 'A'): Packet {
  return { type: 'query', id: 9, questions: [{ type, name }] };
}

/** Asks the egress's name server over UDP. */
export async function askFor(
  { dnsHost, dnsPort }: TestEgress,
  name: string,
  type: RecordType = 'A',
): Promise<Packet & { rcode?: string }> {
  const socket = createSocket('udp4');
  socket.send(encode(queryOf(name, type)), dnsPort, dnsHost);
  const [message] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return decode(message);
}

/** Rejects if the name has no address. */
export async function resolveName(egress: TestEgress, name: string): Promise<string> {
  const { answers } = await askFor(egress, name);
  const [answer] = answers ?? [];
  if (answer?.type !== 'A') throw new Error(`${name} has no address`);
  return answer.data;
}
