/** A `.gitattributes` file of a tree: its directory (`''` for the root) and content. */
export interface AttributesFile {
  readonly directory: string;
  readonly content: string;
}

/** Only what decides how text merges; drivers, filters and encodings that could start a program are left out. */
const KEPT: Readonly<Record<string, readonly string[] | 'flag'>> = {
  merge: ['text', 'binary', 'union'],
  text: ['auto'],
  eol: ['lf', 'crlf'],
  binary: 'flag',
};

/**
 * One attributes file that says of a tree what its own `.gitattributes` files say, reduced to merge, text, eol and binary.
 * Git reads the last match, so outer directories come before inner ones. Works on latin1 text: patterns are bytes.
 */
export function reduceAttributes(files: readonly AttributesFile[]): string {
  const ordered = [...files].sort((a, b) => depth(a.directory) - depth(b.directory));
  const macros = new Map<string, readonly string[]>();
  const lines: string[] = [];
  for (const file of ordered) {
    for (const raw of file.content.split('\n')) {
      const rule = parseRule(raw.replace(/\r$/, ''));
      if (rule === undefined) continue;
      const macro = /^\[attr\](.+)$/.exec(rule.pattern)?.[1];
      const states = rule.states.flatMap((state) => macros.get(state) ?? keep(state));
      if (macro !== undefined) {
        if (file.directory === '') macros.set(macro, states);
      } else if (states.length > 0 && !rule.pattern.startsWith('!') && !rule.pattern.endsWith('/')) {
        lines.push(`${quote(anchor(rule.pattern, file.directory))} ${states.join(' ')}`);
      }
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

function depth(directory: string): number {
  return directory === '' ? 0 : directory.split('/').length;
}

function parseRule(line: string): { pattern: string; states: string[] } | undefined {
  const text = line.replace(/^[ \t]+/, '');
  if (text === '' || text.startsWith('#')) return undefined;
  const quoted = /^"((?:[^"\\]|\\.)*)"(.*)$/.exec(text);
  const pattern = quoted?.[1] === undefined ? (/^[^ \t]+/.exec(text)?.[0] ?? '') : unquote(quoted[1]);
  const rest = quoted?.[2] ?? text.slice(pattern.length);
  return { pattern, states: rest.split(/[ \t]+/).filter((word) => word !== '') };
}

/** The state as git writes it, if it is one that is kept. */
function keep(state: string): string[] {
  const [, sign = '', name = '', value] = /^([-!]?)([A-Za-z0-9_.-]+)(?:=(.*))?$/.exec(state) ?? [];
  const allowed = Object.hasOwn(KEPT, name) ? KEPT[name] : undefined;
  if (allowed === undefined) return [];
  if (value === undefined) return [`${sign}${name}`];
  return sign === '' && allowed !== 'flag' && allowed.includes(value) ? [state] : [];
}

/** Rewrites a pattern of an inner directory so that it means the same from the root. */
function anchor(pattern: string, directory: string): string {
  if (directory === '') return pattern;
  const prefix = `/${directory.replaceAll(/[\\*?[]/g, '\\$&')}/`;
  if (pattern.startsWith('/')) return prefix + pattern.slice(1);
  return pattern.includes('/') ? prefix + pattern : `${prefix}**/${pattern}`;
}

function quote(pattern: string): string {
  return /[\s"]/.test(pattern) || pattern.startsWith('#')
    ? `"${pattern.replaceAll(/["\\]/g, '\\$&').replaceAll('\t', '\\t')}"`
    : pattern;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', f: '\f', v: '\v' };

function unquote(text: string): string {
  return text.replaceAll(/\\([0-7]{3}|.)/g, (_, escape: string) =>
    escape.length === 3 ? String.fromCharCode(Number.parseInt(escape, 8)) : (ESCAPES[escape] ?? escape),
  );
}
