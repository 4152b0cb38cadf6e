/** C0 without tab and line feed, DEL, C1, and what reorders or breaks text: a terminal acts on these, a reader can't see them. */
const DANGEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes text that an agent or a repository wrote safe to print on a terminal: escape sequences become visible and do
 * nothing. Line feeds and tabs stay.
 */
export function neutralise(text: string): string {
  return text.replace(DANGEROUS, visible);
}

/** The same on one line: for names, titles and messages inside our own lines. */
export function oneLine(text: string): string {
  return neutralise(text).replace(/\n/g, '␤').replace(/\t/g, ' ');
}

function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}
