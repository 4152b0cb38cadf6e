import { mergeOrder, type OverlapLevel } from '@heddle/domain';

/** What is known of a change that is to be merged with others. */
export interface OrderedChange {
  readonly approved: boolean;
  /** Added and deleted. */
  readonly lines: number;
}

/** How much of the later one has to be done again when it meets the earlier one. */
const WEIGHTS: Readonly<Record<OverlapLevel, number>> = {
  NONE: 0,
  FILE: 0.05,
  RESOURCE: 0.2,
  ENTITY: 0.4,
  TEXTUAL: 1,
  TEST: 1,
};

/** Minutes that a change takes to be done again, roughly: something for each, more for a larger one. */
function rework({ lines }: OrderedChange): number {
  return 1 + lines / 20;
}

/**
 * The order, as indices, that leaves least to be done again; of equal ones approved changes and small ones come first.
 * @param level of the overlap of two changes
 */
export function suggestOrder(
  changes: readonly OrderedChange[],
  level: (a: number, b: number) => OverlapLevel,
): number[] {
  const preferred = changes
    .map((change, index) => ({ ...change, index }))
    .sort((a, b) => Number(b.approved) - Number(a.approved) || a.lines - b.lines || a.index - b.index);
  const order = mergeOrder({
    count: preferred.length,
    cost: (earlier, later) => {
      const [a, b] = [preferred[earlier], preferred[later]];
      return a === undefined || b === undefined ? 0 : WEIGHTS[level(a.index, b.index)] * rework(b);
    },
  });
  return order.flatMap((place) => preferred[place]?.index ?? []);
}
