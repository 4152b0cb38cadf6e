const SHOWN_PATHS = 20;

/** Paths (bytes as latin1) for a line of a log. */
export function shown(paths: readonly string[]): string {
  const texts = paths.slice(0, SHOWN_PATHS).map((path) => Buffer.from(path, 'latin1').toString('utf8'));
  const more = paths.length - texts.length;
  return texts.join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
}
