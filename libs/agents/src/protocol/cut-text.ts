import { posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const MAX_SUMMARY_BYTES = 200;
const MAX_PATH_BYTES = 4096;

/** At most `limit` bytes of UTF-8, without half a character at the end; a NUL, which Postgres has no place for, is U+FFFD. */
export function cutText(text: string, limit: number): { readonly text: string; readonly truncated: boolean } {
  const bytes = Buffer.from(text.slice(0, limit + 1).replaceAll('\0', '\uFFFD'));
  if (bytes.length <= limit) return { text: bytes.toString(), truncated: false };
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return { text: bytes.subarray(0, end).toString(), truncated: true };
}

/** For lists: one line without colours, of at most 200 bytes. */
export function oneLine(text: string): string {
  const line = flat(cutText(text, 4 * MAX_SUMMARY_BYTES).text);
  const mark = '…';
  if (Buffer.byteLength(line) <= MAX_SUMMARY_BYTES) return line;
  return cutText(line, MAX_SUMMARY_BYTES - Buffer.byteLength(mark)).text + mark;
}

/** One line without colours, of any length. */
export function flat(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** Relative to the work tree where it is inside, as the agent gave it otherwise. */
export function pathInWorkspace(path: string, workspace: string): string {
  const relative = posix.relative(workspace, posix.resolve(workspace, path));
  const outside = relative === '..' || relative.startsWith('../');
  return cutText(outside ? path : relative, MAX_PATH_BYTES).text;
}
