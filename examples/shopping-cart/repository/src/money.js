/** Reads an amount as people write it (`12.50`, `3`) and returns cents. */
export function parseAmount(text) {
  const match = /^(\d+)(?:\.(\d{2}))?$/.exec(text.trim());
  if (!match) throw new RangeError(`not an amount: ${JSON.stringify(text)}`);
  return Number(match[1]) * 100 + Number(match[2] ?? 0);
}

/** Cents as people read them: `1250` is `12.50`. */
export function formatAmount(cents) {
  const sign = cents < 0 ? '-' : '';
  const absolute = Math.abs(cents);
  return `${sign}${Math.floor(absolute / 100)}.${String(absolute % 100).padStart(2, '0')}`;
}

/** A share of an amount, rounded half up to a whole cent. */
export function percentOf(cents, percent) {
  return Math.floor((cents * percent + 50) / 100);
}
