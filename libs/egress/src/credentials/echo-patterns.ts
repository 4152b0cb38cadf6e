/** Shorter values can't be told from what an answer holds by chance. */
export const MIN_VALUE_BYTES = 8;

/** Every spelling of a value that is looked for: raw, base64 at each alignment, URL-encoded, hexadecimal, in JSON. */
export function echoPatterns(value: string): Buffer[] {
  const bytes = Buffer.from(value);
  const texts = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    encodeURIComponent(value).replaceAll(/%../g, (code) => code.toLowerCase()),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
  ];
  return [...new Set(texts)].map((text) => Buffer.from(text));
}

/** The characters of base64 that depend on the value alone when it begins `offset` bytes into a group of three. */
function base64At(bytes: Buffer, offset: number): string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  const core = text.slice(first, end);
  return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
}
