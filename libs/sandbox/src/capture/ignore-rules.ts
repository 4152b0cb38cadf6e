import { wildmatch, type MatchBudget } from './wildmatch.js';

/** Longer ones could only exhaust the stack. */
const MAX_PATTERN_BYTES = 2048;
/** What a pattern takes in memory, and to be read, in steps of the budget. */
const PATTERN_STEPS = 32;

interface IgnorePattern {
  readonly text: string;
  readonly negative: boolean;
  readonly directoryOnly: boolean;
  /** Without a slash: matches the last component at any depth. */
  readonly nameOnly: boolean;
}

/** The patterns of one `.gitignore`, for paths below its directory. Bytes are strings in latin1. */
export class IgnoreRules {
  private constructor(
    private readonly patterns: readonly IgnorePattern[],
    private readonly bytes: number,
  ) {}

  /** Steps of the budget that having them takes: an agent can link one file into any number of directories. */
  get steps(): number {
    return this.bytes + this.patterns.length * PATTERN_STEPS;
  }

  static parse(bytes: Buffer): IgnoreRules {
    const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
    const patterns: IgnorePattern[] = [];
    for (const line of text.split('\n')) {
      const pattern = parseLine(line);
      if (pattern !== undefined) patterns.push(pattern);
    }
    return new IgnoreRules(patterns, bytes.length);
  }

  /** What the last matching pattern says; undefined if none matches. `path` is relative to the file's directory. */
  decide(path: string, isDirectory: boolean, budget?: MatchBudget): boolean | undefined {
    const name = path.slice(path.lastIndexOf('/') + 1);
    // Also for those that are only looked at.
    budget?.spend(this.patterns.length);
    for (let index = this.patterns.length - 1; index >= 0; index--) {
      const pattern = this.patterns[index];
      if (pattern === undefined || (pattern.directoryOnly && !isDirectory)) continue;
      const matches = pattern.nameOnly
        ? wildmatch(pattern.text, name, { pathname: false, ...(budget === undefined ? {} : { budget }) })
        : wildmatch(pattern.text, path, { pathname: true, ...(budget === undefined ? {} : { budget }) });
      if (matches) return !pattern.negative;
    }
    return undefined;
  }
}

function parseLine(line: string): IgnorePattern | undefined {
  if (line.startsWith('#')) return undefined;
  let text = trimTrailingSpaces(line.endsWith('\r') ? line.slice(0, -1) : line);
  const negative = text.startsWith('!');
  if (negative) text = text.slice(1);
  const directoryOnly = text.endsWith('/');
  if (directoryOnly) text = text.slice(0, -1);
  if (text === '' || text.length > MAX_PATTERN_BYTES) return undefined;
  const nameOnly = !text.includes('/');
  if (text.startsWith('/')) text = text.slice(1);
  return { text, negative, directoryOnly, nameOnly };
}

/** A space that is escaped stays, and so does everything before it. */
function trimTrailingSpaces(line: string): string {
  let end: number | undefined;
  for (let index = 0; index < line.length; index++) {
    if (line[index] === ' ') end ??= index;
    else {
      if (line[index] === '\\') index++;
      end = undefined;
    }
  }
  return end === undefined ? line : line.slice(0, end);
}
