import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advisePairs } from './advise-pairs.js';
import { FileHistory, type HistoryCommit } from './file-history.js';
import { namedFiles, PathIndex } from './named-files.js';
import {
  nameWordIndex,
  predictFiles,
  type PlannedTask,
  type PredictedFile,
  type RepositoryFacts,
} from './predict-files.js';
import { scoreForecast } from './score-forecast.js';
import { pathWords, searchWords } from './search-words.js';

const PATHS = ['src/cart.ts', 'src/cart.test.ts', 'src/order.ts', 'src/money/format.ts', 'docs/cart.md', 'README.md'];
const NOW = 1_700_000_000;
const DAY = 24 * 3_600;

function facts(
  given: {
    readonly paths?: readonly string[];
    readonly byWord?: Readonly<Record<string, readonly string[]>>;
    readonly commits?: readonly HistoryCommit[];
  } = {},
): RepositoryFacts {
  const index = new PathIndex(given.paths ?? PATHS);
  return {
    index,
    byNameWord: nameWordIndex(index),
    byWord: new Map(Object.entries(given.byWord ?? {}).map(([word, files]) => [word, new Set(files)])),
    history: new FileHistory(given.commits ?? [], NOW),
  };
}

function task(title: string, prompt = '', declared: readonly string[] = []): PlannedTask {
  return { title, prompt, declared };
}

const commit = (daysAgo: number, ...paths: string[]): HistoryCommit => ({ time: NOW - daysAgo * DAY, paths });

describe('the words of a task', () => {
  it('are the names of code first, and no common words', () => {
    expect(searchWords('Fix the crash of `emptyCart` when the discount is missing in order_total')).toEqual([
      { word: 'emptyCart', isName: true },
      { word: 'order_total', isName: true },
      { word: 'discount', isName: false },
    ]);
  });

  it('are at most 24, each as long as a name can be', () => {
    const text = Array.from({ length: 100 }, (_, at) => `name_${String(at)}`).join(' ');
    expect(searchWords(text)).toHaveLength(24);
    expect(searchWords('a'.repeat(61))).toEqual([]);
  });

  it.each([
    ['src/emptyCart.test.ts', ['empty', 'cart', 'test']],
    ['src/order_total.py', ['order', 'total']],
    ['a/b.c', []],
  ])('of the file %s are %j', (path, words) => {
    expect(pathWords(path)).toEqual(words);
  });
});

describe('files that a text names', () => {
  const index = new PathIndex([...PATHS, 'lib/order.ts']);

  it.each([
    ['look at src/cart.ts.', ['src/cart.ts']],
    ['in `format.ts`', ['src/money/format.ts']],
    ['./money/format.ts:12 fails', ['src/money/format.ts']],
    ['order.ts', ['lib/order.ts', 'src/order.ts']],
    ['the cart', []],
    ['e.g. this', []],
  ])('%s', (text, expected) => {
    expect(namedFiles(text, index).map(({ path }) => path)).toEqual(expected);
  });

  it('are none where too many are meant', () => {
    const many = new PathIndex(Array.from({ length: 9 }, (_, at) => `p${String(at)}/index.ts`));
    expect(namedFiles('index.ts', many)).toEqual([]);
  });
});

describe('history', () => {
  it('makes files rare that hardly anybody touches', () => {
    const history = new FileHistory([commit(1, 'busy'), commit(2, 'busy'), commit(100, 'rare')], NOW);
    expect(history.recentEdits('busy')).toBe(2);
    expect(history.recentEdits('rare')).toBe(0);
    expect(history.rarity('rare')).toBe(1);
    expect(history.rarity('busy')).toBeLessThan(0.51);
  });

  it('knows what mostly changes with a file', () => {
    const history = new FileHistory([commit(1, 'a', 'b'), commit(2, 'a', 'b', 'c'), commit(3, 'a', 'd')], NOW);
    expect(history.companions('a')).toEqual([{ path: 'b', share: 2 / 3 }]);
  });

  it('makes nothing of two commits, nor of those that touch everything', () => {
    const wide = Array.from({ length: 31 }, (_, at) => `f${String(at)}`);
    expect(new FileHistory([commit(1, 'a', 'b'), commit(2, 'a', 'b')], NOW).companions('a')).toEqual([]);
    expect(
      new FileHistory(
        [1, 2, 3].map((day) => commit(day, ...wide)),
        NOW,
      ).companions('f1'),
    ).toEqual([]);
  });
});

describe('predicted files', () => {
  it('are named, declared, called so, or have the word, and say by what', () => {
    const found = predictFiles(task('Discount in format.ts', 'money', ['docs/cart.md']), {
      ...facts({ byWord: { discount: ['src/order.ts'] } }),
    });
    expect(found.map(({ path, signs }) => [path, signs[0]?.kind])).toEqual([
      ['src/money/format.ts', 'NAMED'],
      ['docs/cart.md', 'DECLARED'],
    ]);
    const byText = predictFiles(task('`applyDiscount` is off'), facts({ byWord: { applyDiscount: ['src/order.ts'] } }));
    expect(byText).toEqual([{ path: 'src/order.ts', weight: 0.6, signs: [{ kind: 'TEXT', word: 'applyDiscount' }] }]);
  });

  it('follow what changed with them', () => {
    const commits = [1, 2, 3].map((day) => commit(day, 'src/order.ts', 'README.md'));
    const found = predictFiles(task('Totals in src/order.ts'), facts({ commits }));
    expect(found.map(({ path, signs }) => [path, signs.at(-1)])).toEqual([
      ['src/order.ts', { kind: 'NAMED', word: 'src/order.ts' }],
      ['README.md', { kind: 'HISTORY', word: 'src/order.ts' }],
    ]);
  });

  it('are only those that are there', () => {
    expect(predictFiles(task('src/new.ts', '', ['src/gone.ts']), facts({ byWord: { gone: ['src/gone.ts'] } }))).toEqual(
      [],
    );
  });

  it('have weights of 0.3 to 1, whatever the texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.constantFrom(...PATHS)), (text, declared) => {
        for (const { weight, signs } of predictFiles(task(text, 'src/cart.ts cart', declared), facts())) {
          expect(weight).toBeGreaterThanOrEqual(0.3);
          expect(weight).toBeLessThanOrEqual(1);
          expect(signs.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('do not depend on the order in which files and words come', () => {
    const byWord = { discount: ['src/cart.ts', 'src/order.ts'], voucher: ['src/order.ts'] };
    const asked = task('Discount and voucher', 'in order.ts and cart.md');
    const turned = Object.fromEntries(Object.entries(byWord).map(([word, files]) => [word, [...files].reverse()]));
    expect(predictFiles(asked, facts({ byWord, paths: [...PATHS].reverse() }))).toEqual(
      predictFiles(asked, facts({ byWord: turned })),
    );
  });
});

const files = fc.uniqueArray(
  fc.record({
    path: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    weight: fc.double({ min: 0.3, max: 1, noNaN: true }),
    signs: fc.constant([]),
  }),
  { selector: ({ path }) => path },
);
const busy = new FileHistory(
  [1, 2, 3, 4].flatMap((day) => [commit(day, 'a', 'b'), commit(day, 'a')]),
  NOW,
);

describe('advice on pairs', () => {
  const sure = (...names: string[]): PredictedFile[] => names.map((path) => ({ path, weight: 0.95, signs: [] }));

  it('is to merge what is about the same files', () => {
    expect(advisePairs([sure('c', 'd'), sure('c', 'd')], busy)).toMatchObject([{ advice: 'MERGE', overlap: 1 }]);
  });

  it('is to sequence what both surely touch and hardly anybody else', () => {
    const [pair] = advisePairs([sure('c', 'd', 'e', 'f'), sure('c', 'a', 'b', 'x', 'y')], busy);
    expect(pair).toMatchObject({ advice: 'SEQUENCE', files: [{ path: 'c', recentEdits: 0 }] });
  });

  it('lets be what only meets where everybody does', () => {
    const [pair] = advisePairs([sure('a', 'c', 'd'), sure('a', 'e', 'f')], busy);
    expect(pair).toMatchObject({ advice: 'INDEPENDENT', files: [{ path: 'a', recentEdits: 8 }] });
  });

  it('is none where nothing is expected of one', () => {
    expect(advisePairs([sure('a'), []], busy)).toMatchObject([{ advice: 'UNKNOWN', files: [] }]);
  });

  it('is the same from both sides', () => {
    fc.assert(
      fc.property(files, files, (one, other) => {
        const [forth] = advisePairs([one, other], busy);
        const [back] = advisePairs([other, one], busy);
        expect(back).toEqual(forth);
      }),
    );
  });

  it('is the same in whatever order files and tasks come, and whatever else is planned', () => {
    const plan = fc.array(files, { minLength: 2, maxLength: 6 }).chain((tasks) =>
      fc.tuple(
        fc.constant(tasks),
        fc.shuffledSubarray(
          tasks.map((_, at) => at),
          { minLength: 2 },
        ),
      ),
    );
    fc.assert(
      fc.property(plan, ([tasks, chosen]) => {
        const whole = new Map(advisePairs(tasks, busy).map((pair) => [`${String(pair.a)} ${String(pair.b)}`, pair]));
        const part = advisePairs(
          chosen.map((at) => [...(tasks[at] ?? [])].reverse()),
          busy,
        );
        for (const { a, b, ...advised } of part) {
          const [low, high] = [chosen[a] ?? 0, chosen[b] ?? 0].sort((x, y) => x - y);
          expect(whole.get(`${String(low)} ${String(high)}`)).toMatchObject(advised);
        }
      }),
    );
  });

  it('overlaps between 0 and 1, and not at all without a common file', () => {
    fc.assert(
      fc.property(files, files, (one, other) => {
        const [pair] = advisePairs([one, other], busy);
        expect(pair?.overlap).toBeGreaterThanOrEqual(0);
        expect(pair?.overlap).toBeLessThanOrEqual(1);
        const common = one.some(({ path }) => other.some((file) => file.path === path));
        expect((pair?.overlap ?? 0) > 0).toBe(common);
      }),
    );
  });
});

describe('the score of a forecast', () => {
  it('counts what was foretold and what came', () => {
    expect(
      scoreForecast([
        { advice: 'MERGE', level: 'TEXTUAL' },
        { advice: 'SEQUENCE', level: 'NONE' },
        { advice: 'INDEPENDENT', level: 'FILE' },
        { advice: 'INDEPENDENT', level: 'ENTITY' },
        { advice: 'INDEPENDENT', level: 'NONE' },
      ]),
    ).toEqual({ judged: 5, foretold: 2, overlapped: 3, right: 1, missed: 1, precision: 1 / 2, recall: 1 / 3 });
  });

  it('leaves out what nobody knows', () => {
    expect(
      scoreForecast([
        { advice: 'UNKNOWN', level: 'TEXTUAL' },
        { advice: 'MERGE', level: undefined },
      ]),
    ).toEqual({ judged: 0, foretold: 0, overlapped: 0, right: 0, missed: 0 });
  });
});
