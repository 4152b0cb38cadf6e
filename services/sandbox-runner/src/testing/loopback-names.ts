// Loaded into a supervisor under test: names of the reserved domain `test` are this host, whatever its resolver knows.
import type { LookupAddress } from 'node:dns';
import promises from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';

const { lookup } = promises;

Object.assign(promises, {
  lookup: async (host: string, options: object): Promise<LookupAddress | LookupAddress[]> =>
    host.endsWith('.test') ? [{ address: '127.0.0.1', family: 4 }] : lookup(host, options),
});
syncBuiltinESMExports();
