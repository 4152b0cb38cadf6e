const HANDSHAKE = 0x16;
const CLIENT_HELLO = 1;
const MAX_RECORD = 16_384;
/** Post-quantum key shares and long tickets take a few thousand bytes; 64 KiB is room for whatever comes. */
const MAX_HELLO = 65_536;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;

const SERVER_NAME = 0;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;
const ENCRYPTED_SNI = 0xffce;

export interface ClientHello {
  /** As sent; undefined if the client named none. */
  readonly serverName: string | undefined;
  /** The name that counts may then be another one, which only the server can read. */
  readonly isEncrypted: boolean;
}

export type ParsedHello =
  | { readonly state: 'INCOMPLETE' }
  | { readonly state: 'INVALID' }
  | { readonly state: 'COMPLETE'; readonly hello: ClientHello };

const INVALID: ParsedHello = { state: 'INVALID' };

/** Reads a ClientHello off the first bytes of a connection, over however many records it is spread. Never throws. */
export function parseClientHello(bytes: Buffer): ParsedHello {
  const handshake: Buffer[] = [];
  let collected = 0;
  for (let at = 0; ;) {
    if (bytes.length > at && bytes[at] !== HANDSHAKE) return INVALID;
    if (bytes.length < at + RECORD_HEADER) return { state: 'INCOMPLETE' };
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at + 1] !== 3 || length === 0 || length > MAX_RECORD) return INVALID;
    const fragment = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    handshake.push(fragment);
    collected += fragment.length;
    const message = Buffer.concat(handshake);
    if (message.length > 0 && message[0] !== CLIENT_HELLO) return INVALID;
    if (collected >= HANDSHAKE_HEADER) {
      const wanted = message.readUIntBE(1, 3);
      if (wanted > MAX_HELLO) return INVALID;
      if (collected >= HANDSHAKE_HEADER + wanted)
        return parseBody(message.subarray(HANDSHAKE_HEADER, HANDSHAKE_HEADER + wanted));
    }
    if (fragment.length < length) return { state: 'INCOMPLETE' };
    at += RECORD_HEADER + length;
  }
}

function parseBody(body: Buffer): ParsedHello {
  try {
    const reader = new Reader(body);
    reader.take(2 + 32);
    reader.vector(1);
    reader.vector(2);
    reader.vector(1);
    // Without extensions, as TLS 1.0 allows it, there is no name.
    const extensions = reader.isAtEnd ? undefined : new Reader(reader.vector(2));
    reader.expectEnd();
    const seen = new Set<number>();
    let serverName: string | undefined;
    while (extensions !== undefined && !extensions.isAtEnd) {
      const type = extensions.number(2);
      const data = extensions.vector(2);
      // Of two, the server might read the other one.
      if (seen.has(type)) return INVALID;
      seen.add(type);
      if (type === SERVER_NAME) serverName = parseServerName(data);
    }
    const isEncrypted = seen.has(ENCRYPTED_CLIENT_HELLO) || seen.has(ENCRYPTED_SNI);
    return { state: 'COMPLETE', hello: { serverName, isEncrypted } };
  } catch (error) {
    if (error instanceof RangeError) return INVALID;
    throw error;
  }
}

function parseServerName(data: Buffer): string {
  const outer = new Reader(data);
  const list = new Reader(outer.vector(2));
  outer.expectEnd();
  const type = list.number(1);
  const name = list.vector(2);
  list.expectEnd();
  if (type !== 0 || name.length === 0 || name.some((byte) => byte <= 0x20 || byte >= 0x7f))
    throw new RangeError('no host name');
  return name.toString('latin1');
}

/** Throws a RangeError for whatever would reach beyond the end. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new RangeError('truncated');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  number(width: number): number {
    return this.take(width).readUIntBE(0, width);
  }

  vector(lengthWidth: number): Buffer {
    return this.take(this.number(lengthWidth));
  }

  expectEnd(): void {
    if (!this.isAtEnd) throw new RangeError('trailing bytes');
  }
}
