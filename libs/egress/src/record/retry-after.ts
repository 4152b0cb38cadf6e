const MAX_MS = 7 * 86_400_000;

/** Milliseconds that a Retry-After header asks to wait, from `now`; undefined for none and for what is neither seconds nor a date. */
export function retryAfterMs(header: string | readonly string[] | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : isDate(text) ? Date.parse(text) - now : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(Math.round(ms), 0), MAX_MS);
}

/** Of HTTP: they begin with the day of the week. */
function isDate(text: string): boolean {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text);
}
