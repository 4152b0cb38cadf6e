import { Egress, type EgressGrant, type EgressRecord, type ModelGates } from '@heddle/egress';
import type { BoxNetwork, BoxSpec, NetworkNamespace } from '@heddle/sandbox';
import { readAuthority, writeAuthority } from './authority-file.js';
import { ADDRESSES, BoxSockets } from './box-sockets.js';
import { CA_BUNDLE, writeEgressFiles, type InsideFiles } from './egress-files.js';
import type { TrustPlaces } from './trust-places.js';

export interface BoxEgressOptions {
  readonly box: BoxSpec;
  readonly namespace: NetworkNamespace;
  /** Where the inside sees the platform's files. */
  readonly run: string;
  readonly trust: TrustPlaces;
  /** Of the host. */
  readonly gates: ModelGates;
  readonly onRecord: (record: EgressRecord) => void;
}

/** One box's network, and what serves it. The grant is in memory only. */
export class BoxEgress {
  private readonly sockets: BoxSockets;
  private served: { readonly grant: string; readonly egress: Egress; readonly inside: InsideFiles } | undefined;

  constructor(private readonly options: BoxEgressOptions) {
    this.sockets = new BoxSockets(options.namespace);
  }

  /** For a box whose earlier supervisor is dead: what runs in it waits for the grant instead of failing. */
  hold(): void {
    this.sockets.hold();
  }

  /** What a process of the box is started with; undefined until there is a grant. */
  get network(): BoxNetwork | undefined {
    return this.served === undefined ? undefined : { namespace: this.options.namespace, ...this.served.inside };
  }

  /** Of answers since the grant that is served. */
  get answeredBytes(): number {
    return this.served?.egress.answeredBytes ?? 0;
  }

  get isInLine(): boolean {
    return this.served?.egress.isInLine === true;
  }

  /** The same grant again cuts no connection; another one cuts all of them. */
  async serve(grant: EgressGrant, files: Readonly<Record<string, string>>): Promise<void> {
    const key = JSON.stringify([grant, files]);
    if (this.served?.grant === key) return;
    await this.stop();
    const { box, run, trust, gates, onRecord } = this.options;
    const known = await readAuthority(box.paths);
    const egress = await Egress.open({
      sockets: this.sockets,
      grant,
      onRecord,
      gates,
      authority: known,
      upstreamCa: trust.bundle,
      addresses: ADDRESSES,
      caBundlePath: `${run}/${CA_BUNDLE}`,
    });
    try {
      if (egress.authority !== undefined && egress.authority !== known)
        await writeAuthority(box.paths, egress.authority);
      this.served = { grant: key, egress, inside: await writeEgressFiles(egress, box.paths, { trust, files }) };
    } catch (error) {
      await egress.close();
      throw error;
    }
  }

  /** Ends every connection; all of them are on record then. */
  async stop(): Promise<void> {
    const { served } = this;
    this.served = undefined;
    await served?.egress.close();
  }

  async close(): Promise<void> {
    await this.stop();
    this.sockets.close();
    this.options.namespace.close();
  }
}
