import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { withFragileGit, withProgram } from '../spec-support/fragile-git.js';
import { commitTree } from '../commits/commit-tree.js';
import { treeOf } from '../commits/history.js';
import { runGit } from '../process/run-git.js';
import { lookUp } from '../refs/read-refs.js';
import { listTree } from '../trees/list-tree.js';
import { mergeMany, mergeOne, type PairOutcome } from './merge-many.js';
import { filesWithMarkers } from './conflict-markers.js';
import { withMergeDirectory } from './merge-directory.js';
import { mergeInTurn } from './merge-in-turn.js';
import { treeAttributes } from './tree-attributes.js';

describe('merging without a work tree', () => {
  let repository: SampleRepository;
  beforeAll(async () => {
    repository = await SampleRepository.create();
  });
  afterAll(() => repository.dispose());

  async function merge(ours: string, theirs: string, keepObjects = false) {
    const attributes = await treeAttributes({ gitDir: repository.gitDir }, ours);
    return withMergeDirectory({ store: repository.gitDir, commit: ours, attributes, keepObjects }, (at) =>
      mergeOne(at, ours, theirs),
    );
  }

  it('gives clean, conflicting and modify/delete outcomes of one batch in the order asked', async () => {
    const base = await repository.commit(
      [],
      [
        ['f', '1\n2\n3\n'],
        ['g', 'x\n'],
      ],
    );
    const a = await repository.commit([base], [['f', '1\nA\n3\n']]);
    const b = await repository.commit(
      [base],
      [
        ['f', '1\nB\n3\n'],
        ['g', null],
      ],
    );
    const c = await repository.commit([base], [['g', 'y\n']]);
    const outcomes: PairOutcome[] = [];
    await withMergeDirectory(
      { store: repository.gitDir, commit: base, attributes: Buffer.alloc(0), keepObjects: false },
      (at) =>
        mergeMany(
          at,
          [
            [a, b],
            [a, c],
            [b, c],
          ],
          (index, outcome) => {
            outcomes[index] = outcome;
          },
        ),
    );
    expect(outcomes.map((outcome) => outcome !== 'unknown' && outcome.clean)).toEqual([false, true, false]);
    const [content, , deleted] = outcomes as Extract<PairOutcome, { clean: false }>[];
    expect(content?.paths.map(String)).toEqual(['f']);
    expect(content?.messages.map((message) => message.type)).toContain('CONFLICT (contents)');
    expect(deleted?.paths.map(String)).toEqual(['g']);
    expect(deleted?.messages.map((message) => message.type)).toEqual(['CONFLICT (modify/delete)']);
  });

  it('merges in turn, leaves out what conflicts, and says which files hold markers', async () => {
    const base = await repository.commit([], [['f', '1\n2\n3\n']]);
    const a = await repository.commit([base], [['f', 'A\n2\n3\n']]);
    const b = await repository.commit([base], [['f', 'B\n2\n3\n']]);
    const c = await repository.commit([base], [['f', '1\n2\nC\n']]);
    const store = repository.gitDir;
    const attributes = Buffer.alloc(0);
    const { tree, turns } = await withMergeDirectory({ store, commit: base, attributes, keepObjects: true }, (at) =>
      mergeInTurn(at, { onto: base, heads: [a, b, c], date: new Date(0) }),
    );
    expect(turns.map(({ outcome }) => outcome.clean)).toEqual([true, false, true]);
    const expected = await repository.commit([base], [['f', 'A\n2\nC\n']]);
    expect([tree, turns[1]?.tree]).toEqual([await treeOf({ gitDir: store }, expected), turns[0]?.tree]);
    // The tree of a conflict has the markers in it: it is never a result.
    const conflict = turns[1]?.outcome;
    expect(conflict?.clean === false && (await filesWithMarkers({ gitDir: store }, conflict.tree)).map(String)).toEqual(
      ['f'],
    );
    const half = await repository.commit([base], [['g', '<<<<<<< only this\n']]);
    expect(await filesWithMarkers({ gitDir: store }, half)).toEqual([]);
  });

  it.each([
    ['there is no program that has git answer at once', 'exit 127'],
    ['git ends after its first answer', 'head -c 82 | stdbuf "$@"'],
  ])('merges the rest in turn by a process each where %s', async (_, stdbuf) => {
    const base = await repository.commit([], [['f', '1\n']]);
    const heads: string[] = [];
    for (const name of ['a', 'b', 'c']) heads.push(await repository.commit([base], [[name, `${name}\n`]]));
    const { tree, turns } = await withMergeDirectory(
      { store: repository.gitDir, commit: base, attributes: Buffer.alloc(0), keepObjects: true },
      (at) => withProgram('stdbuf', [stdbuf], () => mergeInTurn(at, { onto: base, heads, date: new Date(0) })),
    );
    expect(turns.map(({ outcome }) => outcome.clean)).toEqual([true, true, true]);
    expect((await listTree({ gitDir: repository.gitDir }, tree)).map(({ path }) => String(path))).toEqual([
      'a',
      'b',
      'c',
      'f',
    ]);
  });

  it('takes what a conflict is settled with, and leaves out one that is not', async () => {
    const base = await repository.commit(
      [],
      [
        ['f', '1\n'],
        ['lock', '1\n'],
      ],
    );
    const a = await repository.commit([base], [['lock', 'A\n']]);
    const b = await repository.commit(
      [base],
      [
        ['lock', 'B\n'],
        ['g', 'b\n'],
      ],
    );
    const c = await repository.commit(
      [base],
      [
        ['lock', 'C\n'],
        ['f', 'c\n'],
      ],
    );
    const store = repository.gitDir;
    const settled = await repository.commit(
      [base],
      [
        ['lock', 'A\n'],
        ['g', 'b\n'],
      ],
    );
    let asked = 0;
    const { tree, turns } = await withMergeDirectory(
      { store, commit: base, attributes: Buffer.alloc(0), keepObjects: true },
      (at) =>
        mergeInTurn(at, {
          ...{ onto: base, heads: [a, b, c], date: new Date(0) },
          settle: async ({ paths }) => {
            expect(paths.map(String)).toEqual(['lock']);
            asked += 1;
            return asked === 1 ? treeOf({ gitDir: store }, settled) : undefined;
          },
        }),
    );
    expect(asked).toBe(2);
    expect(turns.map(({ outcome, taken }) => [outcome.clean, taken])).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
    expect(tree).toBe(await treeOf({ gitDir: store }, settled));
  });

  it('merges a chain, each onto the one before, with commits that git takes for its own', async () => {
    const base = await repository.commit([], [['f', '1\n']]);
    const changes = await Promise.all(['a', 'b', 'c'].map((name) => repository.commit([base], [[name, `${name}\n`]])));
    const rival = await repository.commit([base], [['b', 'other\n']]);
    let tip = base;
    await withMergeDirectory(
      { store: repository.gitDir, commit: base, attributes: Buffer.alloc(0), keepObjects: true },
      async (at) => {
        for (const change of changes) {
          const { tree, clean } = await mergeOne(at, tip, change);
          expect(clean).toBe(true);
          tip = await commitTree({
            gitDir: repository.gitDir,
            tree,
            parents: [tip, change],
            message: 'm',
            date: new Date(0),
          });
        }
        expect((await mergeOne(at, tip, rival)).clean).toBe(false);
      },
    );
    expect((await listTree({ gitDir: repository.gitDir }, tip)).map((file) => file.path.toString())).toEqual([
      'a',
      'b',
      'c',
      'f',
    ]);
    await runGit(['fsck', '--strict', '--no-dangling', tip], { gitDir: repository.gitDir });
  });

  it('never takes a pair that git cannot decide for clean, and goes on with the others', async () => {
    const base = await repository.commit([], [['f', '1\n']]);
    await withMergeDirectory(
      { store: repository.gitDir, commit: base, attributes: Buffer.alloc(0), keepObjects: false },
      async (at) => {
        const outcomes: PairOutcome[] = [];
        await mergeMany(
          at,
          [
            [base, base],
            [base, base],
            [base, '1'.repeat(40)],
            [base, base],
          ],
          (index, outcome) => {
            outcomes[index] = outcome;
          },
        );
        expect(outcomes).toMatchObject([{ clean: true }, { clean: true }, 'unknown', { clean: true }]);
        const unrelated = await repository.commit([], [['g', '1\n']]);
        await expect(mergeOne(at, base, unrelated)).rejects.toMatchObject({
          name: 'GitError',
          stderr: expect.stringContaining('unrelated histories'),
        });
      },
    );
  });

  it('finds the pair that git dies over without an answer to the ones before', async () => {
    const base = await repository.commit([], [['f', '1\n']]);
    const deadly = await repository.commit([base], [['f', '2\n']]);
    const outcomes: PairOutcome[] = [];
    await withMergeDirectory(
      { store: repository.gitDir, commit: base, attributes: Buffer.alloc(0), keepObjects: false },
      (at) =>
        withFragileGit(`grep -q ${deadly} "$input"`, () =>
          mergeMany(
            at,
            [base, base, deadly, base].map((theirs) => [base, theirs] as const),
            (index, outcome) => {
              outcomes[index] = outcome;
            },
          ),
        ),
    );
    expect(outcomes).toMatchObject([{ clean: true }, { clean: true }, 'unknown', { clean: true }]);
  });

  it('decides a criss-cross history, with two merge bases', async () => {
    const root = await repository.commit([], [['f', 'a\nb\nc\nd\ne\n']]);
    const left = await repository.commit([root], [['f', 'A\nb\nc\nd\ne\n']]);
    const right = await repository.commit([root], [['f', 'a\nb\nc\nd\nE\n']]);
    const crossA = await repository.commit([left, right], [['f', 'A\nb\nc\nd\nE\n']]);
    const crossB = await repository.commit([right, left], [['f', 'A\nb\nc\nd\nE\n']]);
    const ours = await repository.commit([crossA], [['f', 'A\nb\nours\nd\nE\n']]);
    const theirs = await repository.commit([crossB], [['new', 'n\n']]);
    expect((await merge(ours, theirs)).clean).toBe(true);
    const rival = await repository.commit([crossB], [['f', 'A\nb\ntheirs\nd\nE\n']]);
    expect(await merge(ours, rival)).toMatchObject({ clean: false, paths: [Buffer.from('f')] });
  });

  it('keeps names that are not UTF-8 as bytes', async () => {
    const name = Buffer.from([0x66, 0xff, 0x0a, 0xfe]);
    const base = await repository.commit([], [[name, 'x\n']]);
    const a = await repository.commit([base], [[name, 'a\n']]);
    const b = await repository.commit([base], [[name, 'b\n']]);
    expect(await merge(a, b)).toMatchObject({ clean: false, paths: [name] });
  });

  it('leaves the merged tree in the store only when asked', async () => {
    const base = await repository.commit([], [['keep', '1\n']]);
    const a = await repository.commit([base], [['only-a', 'a\n']]);
    const b = await repository.commit([base], [['only-b', 'b\n']]);
    const dropped = await merge(a, b);
    expect(await lookUp({ gitDir: repository.gitDir }, [dropped.tree])).toEqual([undefined]);
    const kept = await merge(a, b, true);
    expect(kept.tree).toBe(dropped.tree);
    expect(await lookUp({ gitDir: repository.gitDir }, [kept.tree])).toMatchObject([{ type: 'tree' }]);
  });

  it('has what it keeps on disk before it goes on', async () => {
    const commit = await repository.commit([], []);
    const options = { store: repository.gitDir, commit, attributes: Buffer.alloc(0) };
    const setting = (keepObjects: boolean): Promise<string> =>
      withMergeDirectory({ ...options, keepObjects }, async (at) =>
        (await runGit(['config', '--default', '', '--get', 'core.fsync'], { ...at })).stdout.toString().trim(),
      );
    expect([await setting(true), await setting(false)]).toEqual(['committed', '']);
  });

  it('obeys the attributes of the target in every directory, and none that would start a program', async () => {
    const base = await repository.commit(
      [],
      [
        ['.gitattributes', '*.log merge=union\n*.x merge=evil\n'],
        ['docs/.gitattributes', 'notes merge=union\n'],
        ['CHANGES.log', 'top\n'],
        ['docs/notes', 'top\n'],
        ['notes', 'top\n'],
      ],
    );
    const a = await repository.commit(
      [base],
      [
        ['CHANGES.log', 'top\na\n'],
        ['docs/notes', 'top\na\n'],
      ],
    );
    const b = await repository.commit(
      [base],
      [
        ['CHANGES.log', 'top\nb\n'],
        ['docs/notes', 'top\nb\n'],
      ],
    );
    const outcome = await merge(a, b, true);
    expect(outcome.clean).toBe(true);
    expect(await repository.show(outcome.tree, 'CHANGES.log')).toBe('top\na\nb\n');
    const other = await repository.commit([base], [['notes', 'a\n']]);
    const rival = await repository.commit([base], [['notes', 'b\n']]);
    expect((await merge(other, rival)).clean).toBe(false);
  });

  it('passes over attributes that are too large, before it reads them, and obeys the others', async () => {
    const large = '*.log merge=union\n'.padEnd(70 * 1024 * 1024, '#');
    const base = await repository.commit(
      [],
      [
        ['.gitattributes', '*.md merge=union\n'],
        ['large/.gitattributes', large],
      ],
    );
    expect((await treeAttributes({ gitDir: repository.gitDir }, base)).toString()).toBe('*.md merge=union\n');
  });
});
