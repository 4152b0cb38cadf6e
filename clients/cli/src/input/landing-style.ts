import { usageError } from '../cli.error.js';

const STYLES = { merge: 'MERGE', squash: 'SQUASH', rebase: 'REBASE' } as const;

export type LandingStyleWord = (typeof STYLES)[keyof typeof STYLES];

/** The word of the API for how a change lands. */
export function parseStyle(value: string): LandingStyleWord {
  const style = Object.entries(STYLES).find(([word]) => word === value.toLowerCase())?.[1];
  if (style === undefined)
    throw usageError(`Not a way to land: ${JSON.stringify(value)}; there are ${Object.keys(STYLES).join(', ')}`);
  return style;
}
