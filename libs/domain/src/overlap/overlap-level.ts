/** What two changes have in common; the strongest wins. */
export const OVERLAP_LEVELS = ['NONE', 'FILE', 'ENTITY', 'RESOURCE', 'TEXTUAL', 'TEST'] as const;
export type OverlapLevel = (typeof OVERLAP_LEVELS)[number];

export function strongest(levels: readonly OverlapLevel[]): OverlapLevel {
  return levels.reduce<OverlapLevel>(
    (best, level) => (OVERLAP_LEVELS.indexOf(level) > OVERLAP_LEVELS.indexOf(best) ? level : best),
    'NONE',
  );
}
