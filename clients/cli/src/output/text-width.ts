/** Columns that a terminal needs for the text: wide characters take two, combining ones none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Cut to that many columns; what was cut is shown by `…`. */
export function truncate(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

const SGR = /\u001b\[\d*m/g;

/** Like truncate, for a line that has our colours in it: they take no room and are all kept, so that none stays open. */
export function clip(line: string, columns: number): string {
  let room = columns;
  let clipped = '';
  let at = 0;
  for (const match of [...line.matchAll(SGR), undefined]) {
    const text = truncate(line.slice(at, match?.index), room);
    room -= textWidth(text);
    clipped += text + (match?.[0] ?? '');
    at = match === undefined ? line.length : match.index + match[0].length;
  }
  return clipped;
}

function characterWidth(character: string): number {
  if (/\p{Mark}/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
    character,
  )
    ? 2
    : 1;
}
