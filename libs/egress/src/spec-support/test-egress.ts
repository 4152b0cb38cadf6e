import { Egress, type EgressOptions } from '../egress.js';
import type { EgressGrant, EgressRule } from '../grant/egress-grant.js';
import type { EgressRecord } from '../record/egress-record.js';
import { loopbackSockets, ownAddresses } from './loopback.js';

export interface TestEgress {
  readonly egress: Egress;
  readonly records: readonly EgressRecord[];
  readonly proxyPort: number;
  readonly dnsPort: number;
  readonly proxyHost: string;
  readonly dnsHost: string;
  /** The next record that is like this one, among those that no earlier call has had. */
  record(like: Partial<EgressRecord>): Promise<EgressRecord>;
}

export type TestGrant = Omit<Partial<EgressGrant>, 'rules'> & { rules: (Partial<EgressRule> & { host: string })[] };

/** Hosts resolve to 127.0.0.1, and may be private there. */
export async function openTestEgress(
  { rules, ...grant }: TestGrant,
  options: Partial<Omit<EgressOptions, 'grant'>> = {},
): Promise<TestEgress> {
  const addresses = ownAddresses();
  const records: EgressRecord[] = [];
  const waiting = new Set<() => void>();
  const egress = await Egress.open({
    sockets: loopbackSockets,
    resolve: async () => ['127.0.0.1'],
    addresses,
    onRecord: (record) => {
      records.push(record);
      for (const look of waiting) look();
    },
    ...options,
    grant: {
      rules: rules.map((rule) => ({ ports: [], methods: [], pathPrefix: '', ...rule })),
      credentials: [],
      privateHosts: rules.map(({ host }) => host).filter((host) => !host.startsWith('*')),
      ...grant,
    },
  });
  const taken = new Set<EgressRecord>();
  const record = (like: Partial<EgressRecord>): Promise<EgressRecord> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = records.find((one) => !taken.has(one) && isLike(one, like));
        if (found === undefined) return;
        taken.add(found);
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    egress,
    records,
    record,
    proxyPort: addresses.proxyPort,
    dnsPort: addresses.dnsPort,
    proxyHost: `${addresses.network}.0.1`,
    dnsHost: `${addresses.network}.0.53`,
  };
}

function isLike(record: EgressRecord, like: Partial<EgressRecord>): boolean {
  return Object.entries(like).every(([key, value]) => record[key as keyof EgressRecord] === value);
}
