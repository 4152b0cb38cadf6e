/** More layers of percent-encoding than any server peels. */
const MAX_DECODINGS = 4;

/**
 * True if every way in which a server might read the path lies below the prefix: percent-encoded or not, `\` as `/` or as
 * itself, `//` as one separator or as two, with or without `;parameters`, dot segments resolved. Servers differ in all of
 * these, and one reading outside of the prefix is a way out.
 */
export function isBelowPrefix(path: string, prefix: string): boolean {
  if (prefix === '' || prefix === '/') return true;
  const target = resolved(prefix.split('/'));
  return readings(path).every((reading) => startsWith(resolved(reading), target));
}

/** The path without query and fragment, as a record shows it. */
export function withoutQuery(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

/** Each as its parts between separators. */
function readings(target: string): string[][] {
  return spellings(target)
    .flatMap((path) => [path.split('/'), path.split(/[/\\]/)])
    .flatMap((parts) => [parts, parts.filter((part) => part !== '')]);
}

function spellings(target: string): string[] {
  const found = new Set<string>();
  let current = withoutQuery(target);
  for (let round = 0; round <= MAX_DECODINGS; round += 1) {
    found.add(current);
    found.add(current.replaceAll(/;[^/\\]*/g, ''));
    const decoded = decode(current);
    if (decoded === current) break;
    current = decoded;
  }
  // Still encoded after so many rounds: nobody means that.
  if (decode(current) !== current) found.add('/..');
  return [...found];
}

/** Byte-wise, as servers do it that decode before they look at UTF-8; only ASCII can matter here. */
function decode(path: string): string {
  return path.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Without dot segments; what is between two separators goes last: `..` may have taken it back. */
function resolved(parts: readonly string[]): string[] {
  const result: string[] = [];
  for (const part of parts) {
    if (part === '..') result.pop();
    else if (part !== '.') result.push(part);
  }
  return result.filter((part) => part !== '');
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((segment, index) => path[index] === segment);
}
