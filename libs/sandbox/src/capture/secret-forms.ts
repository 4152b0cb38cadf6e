/** Shorter ones are found by chance. */
const MIN_VALUE_BYTES = 8;

/** The forms of one value that a program may write without meaning to hide it: as it is, in base64, in a URL. */
export function secretForms(value: string): Buffer[] {
  const bytes = Buffer.from(value);
  if (bytes.length < MIN_VALUE_BYTES) return [];
  const forms = new Set([bytes.toString('latin1'), dosLines(bytes)]);
  for (const lead of [0, 1, 2]) {
    const text = innerBase64(bytes, lead);
    forms.add(text).add(text.replaceAll('+', '-').replaceAll('/', '_'));
  }
  for (const unescaped of [/[\w.~-]/, /[\w.~!'()*-]/]) {
    for (const isUpper of [true, false]) {
      const text = percentEncoded(bytes, unescaped, isUpper);
      forms.add(text).add(text.replaceAll('%20', '+'));
    }
  }
  return [...forms].map((form) => Buffer.from(form, 'latin1'));
}

/** Git may store the lines of a text with either end. */
function dosLines(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll(/\r?\n/g, '\r\n');
}

/** The characters that stand for the value alone, wherever it begins in what was encoded (`lead` bytes into three). */
function innerBase64(bytes: Buffer, lead: number): string {
  const text = Buffer.concat([Buffer.alloc(lead), bytes]).toString('base64');
  return text.slice(Math.ceil((8 * lead) / 6), Math.floor((8 * (lead + bytes.length)) / 6));
}

function percentEncoded(bytes: Buffer, unescaped: RegExp, isUpper: boolean): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (byte < 0x80 && unescaped.test(character)) return character;
      const hex = byte.toString(16).padStart(2, '0');
      return `%${isUpper ? hex.toUpperCase() : hex}`;
    })
    .join('');
}
