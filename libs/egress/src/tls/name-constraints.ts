const SEQUENCE = 0x30;
const PERMITTED_SUBTREES = 0xa0;
const EXCLUDED_SUBTREES = 0xa1;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/**
 * DER of the X.509 extension (RFC 5280, 4.2.1.10) that permits these names and those below them. Addresses are excluded
 * altogether: a list of names alone says nothing about them.
 */
export function nameConstraints(names: readonly string[]): Buffer {
  const permitted = names.map((name) => element(SEQUENCE, element(DNS_NAME, Buffer.from(name, 'latin1'))));
  // An address and its mask, of each family.
  const excluded = [8, 32].map((length) => element(SEQUENCE, element(IP_ADDRESS, Buffer.alloc(length))));
  return element(SEQUENCE, element(PERMITTED_SUBTREES, ...permitted), element(EXCLUDED_SUBTREES, ...excluded));
}

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(0x80 | significant.length), significant]);
}
