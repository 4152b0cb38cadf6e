import { describe, expect, it } from '@jest/globals';
import { layerKey, type LayerContent, type LayerRecipe } from './layer-key.js';
import { missReason, traceOf } from './miss-reason.js';
import { TrackedTree } from './tracked-tree.js';

const RECIPE: LayerRecipe = {
  repositoryId: 'r',
  environmentId: 'e',
  environmentVersion: 3,
  epoch: 0,
  script: 'npm ci',
  network: '[]',
  host: ['x64', 'BUBBLEWRAP'],
};
const INPUTS: LayerContent = { kind: 'INPUTS', digest: 'd1' };

const OTHER_RECIPES: readonly LayerRecipe[] = [
  { ...RECIPE, repositoryId: 'r2' },
  { ...RECIPE, environmentId: 'e2' },
  { ...RECIPE, environmentVersion: 4 },
  { ...RECIPE, epoch: 1 },
  { ...RECIPE, script: 'npm ci ' },
  { ...RECIPE, network: '[{"preset":"NPM"}]' },
  { ...RECIPE, host: ['arm64', 'BUBBLEWRAP'] },
  { ...RECIPE, host: ['x64BUBBLEWRAP'] },
];

describe('the key of a layer', () => {
  it('is another one when anything that it depends on is', () => {
    const contents: LayerContent[] = [
      INPUTS,
      { kind: 'INPUTS', digest: 'd2' },
      { kind: 'TREE', tree: 'd1', trust: 'TRUSTED' },
      { kind: 'TREE', tree: 'd1', trust: 'UNTRUSTED' },
      { kind: 'TREE', tree: 'd1', trust: 'LANDING' },
    ];
    const keys = [RECIPE, ...OTHER_RECIPES].flatMap((recipe) => contents.map((content) => layerKey(recipe, content)));
    expect(new Set(keys).size).toBe(keys.length);
    expect(layerKey({ ...RECIPE }, { ...INPUTS })).toBe(keys[0]);
  });
});

describe('the reason of a miss', () => {
  const made = (recipe: LayerRecipe, content: LayerContent = INPUTS): ReturnType<typeof traceOf> =>
    traceOf(layerKey(recipe, content), recipe);
  const why = (recipe: LayerRecipe, content: LayerContent, traces: readonly ReturnType<typeof traceOf>[]): string =>
    missReason(layerKey(recipe, content), recipe, traces);

  it.each<[string, LayerRecipe, LayerContent, readonly ReturnType<typeof traceOf>[]]>([
    ['FIRST_USE', RECIPE, INPUTS, []],
    ['FIRST_USE', RECIPE, INPUTS, [made({ ...RECIPE, environmentId: 'e2' }), made({ ...RECIPE, repositoryId: 'r2' })]],
    ['EVICTED', RECIPE, INPUTS, [made(RECIPE)]],
    ['INPUTS_CHANGED', RECIPE, { kind: 'INPUTS', digest: 'd2' }, [made(RECIPE), made({ ...RECIPE, script: 'x' })]],
    ['SCRIPT_CHANGED', { ...RECIPE, script: 'x', environmentVersion: 4 }, INPUTS, [made(RECIPE)]],
    ['ENVIRONMENT_CHANGED', { ...RECIPE, environmentVersion: 4 }, INPUTS, [made(RECIPE)]],
    ['RESET', { ...RECIPE, epoch: 1 }, INPUTS, [made(RECIPE)]],
  ])('is %s', (expected, recipe, content, traces) => {
    expect(why(recipe, content, traces)).toBe(expected);
  });
});

describe('what a tree tracks', () => {
  const tree = new TrackedTree(
    't',
    new Map([
      ['package-lock.json', '100644 a'],
      ['packages/one/package-lock.json', '100644 b'],
      ['packages/one/src/a.ts', '100644 c'],
      ['vendor', '160000 d'],
    ]),
  );
  const changed = (path: string, entry: string): TrackedTree => {
    const files = new Map([
      ['package-lock.json', '100644 a'],
      ['packages/one/package-lock.json', '100644 b'],
      ['packages/one/src/a.ts', '100644 c'],
      ['vendor', '160000 d'],
    ]);
    return new TrackedTree('t2', files.set(path, entry));
  };

  it.each<[readonly string[], string, boolean]>([
    [['package-lock.json'], 'package-lock.json', true],
    [['package-lock.json'], 'packages/one/package-lock.json', true],
    [['/package-lock.json'], 'packages/one/package-lock.json', false],
    [['./package-lock.json'], 'package-lock.json', true],
    [['package-lock.json'], 'packages/one/src/a.ts', false],
    [['packages/*/package-lock.json'], 'packages/one/package-lock.json', true],
    [['**/src/*.ts', 'nothing'], 'packages/one/src/a.ts', true],
    [['vendor'], 'vendor', true],
  ])('inputs %j depend on %s: %s', (globs, path, depends) => {
    const other = changed(path, '100644 other');
    expect(other.inputsDigest(globs) !== tree.inputsDigest(globs)).toBe(depends);
    expect(tree.inputsDigest(globs)).toBe(changed('vendor', '160000 d').inputsDigest(globs));
  });

  it('depends on the executable bit and on which files there are', () => {
    expect(changed('package-lock.json', '100755 a').inputsDigest(['package-lock.json'])).not.toBe(
      tree.inputsDigest(['package-lock.json']),
    );
    expect(changed('other/package-lock.json', '100644 a').inputsDigest(['package-lock.json'])).not.toBe(
      tree.inputsDigest(['package-lock.json']),
    );
  });

  it('knows files, the directories above them, and submodules', () => {
    expect(
      ['packages', 'packages/one', 'packages/one/src/a.ts', 'vendor', 'vendor/x', 'packages/two'].map((path) =>
        tree.kindOf(path),
      ),
    ).toEqual(['directory', 'directory', 'file', 'submodule', undefined, undefined]);
  });

  it('says which files another tree did not have like this', () => {
    expect(changed('new', '100644 n').changedSince(tree)).toEqual(['new']);
    expect(changed('packages/one/src/a.ts', '100644 z').changedSince(tree)).toEqual(['packages/one/src/a.ts']);
    expect(changed('vendor', '160000 z').changedSince(tree)).toEqual([]);
    expect(tree.changedSince(tree)).toEqual([]);
  });
});
