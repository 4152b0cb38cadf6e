import { SandboxError } from '../sandbox-error.js';

/** Work that all matching of one capture may take together: an agent writes the patterns and the names. */
export class MatchBudget {
  constructor(private left = 100_000_000) {}

  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw new SandboxError('CAPTURE_FAILED', 'the ignore files of the tree take too long to match');
  }
}

export interface WildmatchOptions {
  /** `*` and `?` stop at a slash. */
  readonly pathname: boolean;
  readonly budget?: MatchBudget;
}

/**
 * Git's glob matching over bytes (strings in latin1). Every pair of positions is looked at once at most: a pattern like
 * `*a*a*a*a*b` can't take more than pattern × text steps.
 */
export function wildmatch(pattern: string, text: string, options: WildmatchOptions): boolean {
  const width = text.length + 1;
  const { budget } = options;
  // Only a pattern with several stars can come to the same pair twice.
  let failed: Uint8Array | undefined;
  if (pattern.indexOf('*') !== pattern.lastIndexOf('*')) {
    const size = (pattern.length + 1) * width;
    budget?.spend(size);
    failed = new Uint8Array(size);
  }

  const match = (p: number, t: number): boolean => {
    const key = p * width + t;
    budget?.spend(1);
    if (failed?.[key] === 1) return false;
    const result = step(p, t);
    if (!result && failed !== undefined) failed[key] = 1;
    return result;
  };

  const step = (p: number, t: number): boolean => {
    if (p === pattern.length) return t === text.length;
    const symbol = pattern[p];
    if (symbol === '*') return star(p, t);
    if (t === text.length) return false;
    const character = text.charAt(t);
    switch (symbol) {
      case '?':
        return (character !== '/' || !options.pathname) && match(p + 1, t + 1);
      case '[': {
        const bracket = matchBracket(pattern, p, character);
        if (bracket === undefined) return false;
        return bracket.matches && (character !== '/' || !options.pathname) && match(bracket.next, t + 1);
      }
      case '\\':
        return pattern[p + 1] === character && match(p + 2, t + 1);
      default:
        return symbol === character && match(p + 1, t + 1);
    }
  };

  const star = (p: number, t: number): boolean => {
    let next = p;
    while (pattern[next] === '*') next++;
    const isDouble = next - p >= 2;
    let crosses = !options.pathname;
    if (isDouble && options.pathname) {
      const alone =
        (p === 0 || pattern[p - 1] === '/') &&
        (next === pattern.length || pattern[next] === '/' || (pattern[next] === '\\' && pattern[next + 1] === '/'));
      if (alone) {
        // `**/` also stands for no directory at all.
        if (pattern[next] === '/' && match(next + 1, t)) return true;
        crosses = true;
      }
    } else if (isDouble) crosses = true;
    if (next === pattern.length) return crosses || !text.includes('/', t);
    let end = t;
    for (; end <= text.length; end++) {
      if (match(next, end)) return true;
      if (!crosses && text[end] === '/') break;
    }
    // From further on the star can only try a part of the same again.
    failed?.fill(1, p * width + t, p * width + Math.min(end, text.length) + 1);
    return false;
  };

  return match(0, 0);
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[\x21-\x7e]/,
  lower: /[a-z]/,
  print: /[\x20-\x7e]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[A-Fa-f0-9]/,
};

/** Undefined: the bracket never ends or names an unknown class, which matches nothing. */
function matchBracket(
  pattern: string,
  start: number,
  character: string,
): { readonly matches: boolean; readonly next: number } | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at++;
  let found = false;
  let previous: string | undefined;
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    if (at >= pattern.length) return undefined;
    const symbol = pattern.charAt(at);
    if (symbol === '[' && pattern[at + 1] === ':') {
      const end = pattern.indexOf(']', at + 2);
      if (end === -1) return undefined;
      if (pattern[end - 1] === ':' && end - 1 > at + 1) {
        const members = CLASSES[pattern.slice(at + 2, end - 1)];
        if (members === undefined) return undefined;
        if (members.test(character)) found = true;
        previous = undefined;
        at = end + 1;
        continue;
      }
    }
    if (symbol === '-' && previous !== undefined && at + 1 < pattern.length && pattern[at + 1] !== ']') {
      at++;
      if (pattern[at] === '\\') at++;
      if (at >= pattern.length) return undefined;
      if (character >= previous && character <= pattern.charAt(at)) found = true;
      previous = undefined;
      at++;
      continue;
    }
    if (symbol === '\\') at++;
    if (at >= pattern.length) return undefined;
    previous = pattern.charAt(at);
    if (previous === character) found = true;
    at++;
  }
  return { matches: found !== negated, next: at + 1 };
}
