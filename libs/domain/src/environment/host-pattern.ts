const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** What a resolver might read as an IPv4 address, also octal and hexadecimal. */
const NUMERIC = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * A host name, or `*.` and a host name for all below it, in the one spelling that is compared: lower case, punycode, no
 * trailing dot. An address is no name: rules name hosts, and an address would go around them.
 */
export function isHostPattern(text: string): boolean {
  const name = text.startsWith('*.') ? text.slice(2) : text;
  const labels = name.split('.');
  return name.length <= 253 && labels.every((label) => LABEL.test(label)) && !NUMERIC.test(labels.at(-1) ?? '');
}
