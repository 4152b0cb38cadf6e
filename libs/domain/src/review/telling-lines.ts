/** As many letters and digits as git wants of a block before it calls it moved. */
const TELLING = 20;

/** Whether lines have enough in them to be known again elsewhere: a brace or a `return null;` stands in many places. */
export function isTelling(lines: readonly string[]): boolean {
  let count = 0;
  for (const line of lines) {
    count += line.replace(/[^\p{L}\p{N}]/gu, '').length;
    if (count >= TELLING) return true;
  }
  return false;
}
