/** A word of a task's text that may tell files apart. */
export interface SearchWord {
  readonly word: string;
  /** Written as code is: in backticks, or of several parts (`emptyCart`, `empty_cart`). */
  readonly isName: boolean;
}

const MAX_WORDS = 24;
const LEAST_PLAIN = 4;
const MOST = 60;

const NAME = /^(?=.*[A-Za-z])[A-Za-z_$][\w$]*$/;
const QUOTED = /`([^`\n]{2,200})`/g;
const WORD = /[A-Za-z_$][\w$]*/g;
const SEVERAL_PARTS = /[a-z0-9][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]|^[A-Z]{2,}[a-z]/;

/** What tasks say whatever they are about; they tell no file from another. */
const COMMON = new Set(
  [
    'about above add added adding after again against allow also always another answer anything application around available avoid',
    'because become before behaviour behavior being below better between both broken build called cannot case cases change changed changes',
    'check checks class code commit complete correct could crash create current currently data default delete describe different does done',
    'each empty ensure error errors even every everything example expected extend fail failed failing fails false feature file files find fine',
    'first fixed following from function functions give given good handle handled handling have help here implement implementation implemented',
    'improve include including input inside instead into issue just keep kind large last later least less like line lines list long longer',
    'look make makes many method methods missing more most move must name named need needed needs never nothing null number object only option',
    'order other others otherwise output over pass passes path please possible problem project proper properly provide reason refactor remove',
    'removed rename repository require required return returned returns right same second should show shows simple since small some something',
    'state still string such sure take task tasks test tested tests text than that their them then there these they thing things this those three',
    'through time true type types under undefined unit until update updated used user users uses using value values very want wanted wants well',
    'what when where whether which while will with within without work works would write wrong yaml json your',
  ].flatMap((line) => line.split(' ')),
);

/** Words by which the files of a task can be looked for, the telling ones first; the same for the same text. */
export function searchWords(text: string): SearchWord[] {
  const names = new Set<string>();
  const plain = new Set<string>();
  for (const [, quoted = ''] of text.matchAll(QUOTED))
    for (const part of quoted.split(/[^\w$]+/)) if (isUsable(part, 3)) names.add(part);
  for (const [word] of text.matchAll(WORD)) {
    if (!isUsable(word, LEAST_PLAIN)) continue;
    if (SEVERAL_PARTS.test(word)) names.add(word);
    else if (!COMMON.has(word.toLowerCase())) plain.add(word.toLowerCase());
  }
  return [
    ...[...names].sort().map((word) => ({ word, isName: true })),
    ...[...plain]
      .filter((word) => !names.has(word))
      .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
      .map((word) => ({ word, isName: false })),
  ].slice(0, MAX_WORDS);
}

function isUsable(word: string, least: number): boolean {
  return word.length >= least && word.length <= MOST && NAME.test(word);
}

/** The words that a file's name is made of, in small letters: `emptyCart.test.ts` has `empty`, `cart` and `test`. */
export function pathWords(path: string): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const stem = name.replace(/\.[A-Za-z0-9]+$/, '');
  const parts = stem.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z0-9]+/);
  return [...new Set(parts.filter((part) => part.length >= 3).map((part) => part.toLowerCase()))];
}

/** As a text may have it: a plain word also begins sentences and names. */
export function spellings({ word, isName }: SearchWord): string[] {
  return isName ? [word] : [word, `${word.charAt(0).toUpperCase()}${word.slice(1)}`];
}
