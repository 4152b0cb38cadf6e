const FIRST_BLOCK = 1;
const PER_BLOCK = 254;

/** Which loopback address stands for which host. A host keeps its address: clients remember it. */
export class NameTable {
  private readonly addresses = new Map<string, string>();

  /** `network` is the first two numbers; its block 0 is taken by the egress itself. */
  constructor(
    private readonly network: string,
    private readonly maxNames: number,
  ) {}

  /** Undefined if every address is given out. */
  addressOf(host: string): string | undefined {
    const known = this.addresses.get(host);
    if (known !== undefined) return known;
    const index = this.addresses.size;
    if (index >= this.maxNames) return undefined;
    const block = FIRST_BLOCK + Math.floor(index / PER_BLOCK);
    const address = `${this.network}.${String(block)}.${String(1 + (index % PER_BLOCK))}`;
    this.addresses.set(host, address);
    return address;
  }
}
