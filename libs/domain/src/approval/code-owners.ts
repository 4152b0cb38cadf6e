import { matchesSegments, splitPattern, type OwnerPattern } from './owner-pattern.js';

/** Where a code owners file may be; of several the first one counts. */
export const CODE_OWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;

/** A larger one is not read, as at GitHub. Bytes. */
export const MAX_CODE_OWNERS_BYTES = 3 * 1024 * 1024;

interface OwnerRule {
  readonly pattern: OwnerPattern;
  /** As written: `@user`, `@organisation/team`, or a mail address. Empty: what matches has no owner. */
  readonly owners: readonly string[];
}

/** What a code owners file says. */
export class CodeOwners {
  private constructor(
    private readonly rules: readonly OwnerRule[],
    /** Line numbers, from 1, that say nothing: negations, character ranges and what is no owner. */
    readonly invalidLines: readonly number[],
  ) {}

  static readonly none = new CodeOwners([], []);

  static parse(text: string): CodeOwners {
    const rules: OwnerRule[] = [];
    const invalid: number[] = [];
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const [pattern, ...owners] = words(line);
      if (pattern === undefined) continue;
      const split = splitPattern(pattern);
      if (split === undefined || !owners.every(isOwner)) invalid.push(index + 1);
      else rules.push({ pattern: split, owners });
    }
    return new CodeOwners(rules, invalid);
  }

  /** Of the last rule that matches. @param path from the root of the tree, without a slash before it */
  ownersOf(path: string): readonly string[] {
    const segments = path.split('/');
    return this.rules.findLast((rule) => matchesSegments(rule.pattern, segments))?.owners ?? [];
  }
}

/** A backslash keeps a space within the pattern; a word that begins with # ends the line. */
function words(line: string): string[] {
  const found = line.match(/(?:\\.|[^\s\\])+/g) ?? [];
  const comment = found.findIndex((word) => word.startsWith('#'));
  return comment === -1 ? found : found.slice(0, comment);
}

function isOwner(word: string): boolean {
  return /^@[\w.-]+(?:\/[\w.-]+)?$/.test(word) || /^[^@\s]+@[^@\s]+$/.test(word);
}
