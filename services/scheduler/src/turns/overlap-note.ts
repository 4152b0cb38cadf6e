/** What another task of the batch has touched of the same. */
export interface ToldOverlap {
  readonly title: string;
  /** They do not go together as they are. */
  readonly conflicts: boolean;
  readonly places: readonly { readonly path: string; readonly entity: string }[];
}

const MAX_OVERLAPS = 10;
const MAX_PLACES = 8;
const MAX_TITLE = 100;
const MAX_PATH = 200;
/** As code names things; what is called otherwise is not passed on. */
const ENTITY = /^[\p{L}_$][\p{L}\p{N}_$.]{0,99}$/u;

/**
 * Told to an agent behind what it is asked. Paths and names were made by other agents, and titles by whoever launched them:
 * they are quoted and cut, so that none of them reads as an instruction of its own. Empty where there is nothing.
 */
export function overlapNote(overlaps: readonly ToldOverlap[]): string {
  const told = overlaps.filter(({ places }) => places.length > 0).slice(0, MAX_OVERLAPS);
  if (told.length === 0) return '';
  const lines = told.map(
    ({ title, conflicts, places }) =>
      `- the task ${quoted(title, MAX_TITLE)}${conflicts ? ', whose lines do not merge with yours' : ''}: ${places
        .slice(0, MAX_PLACES)
        .map(placeText)
        .join(', ')}`,
  );
  return `${[
    'For your information, from the platform: other tasks of the same batch have changed the same places as you.',
    ...lines,
    'Do what you were asked. Where you can choose, leave alone what you need not touch, and keep to the names and signatures that are there.',
  ].join('\n')}\n`;
}

function placeText({ path, entity }: ToldOverlap['places'][number]): string {
  return ENTITY.test(entity) ? `${quoted(path, MAX_PATH)} (${entity})` : quoted(path, MAX_PATH);
}

/** One line, whatever is in it. */
function quoted(text: string, most: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return JSON.stringify(plain.length > most ? `${plain.slice(0, most - 1)}…` : plain);
}
