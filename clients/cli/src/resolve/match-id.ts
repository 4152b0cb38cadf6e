import { shortId } from '../output/short-id.js';

const FULL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SHORTEST = 4;

export function isFullId(text: string): boolean {
  return FULL.test(text);
}

/** The ids that begin or end with the text, or whose short form begins with it. Too short a text matches nothing: it would match by luck. */
export function matchId(ids: readonly string[], text: string): string[] {
  const wanted = text.toLowerCase();
  if (wanted.length < SHORTEST) return [];
  return ids.filter((id) => id.startsWith(wanted) || id.endsWith(wanted) || shortId(id).startsWith(wanted));
}
