import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { commitTree } from './commit-tree.js';
import { firstParents, treeOf } from './history.js';
import { authorOf, readCommit } from './read-commit.js';

describe('the history of a commit', () => {
  let repository: SampleRepository;
  beforeAll(async () => {
    repository = await SampleRepository.create();
  });
  afterAll(() => repository.dispose());

  it('goes along first parents, the oldest first, or not at all where it does not lead there', async () => {
    const at = { gitDir: repository.gitDir };
    const base = await repository.commit([], [['f', '1\n']]);
    const side = await repository.commit([base], [['g', '1\n']]);
    const second = await repository.commit([base], [['f', '2\n']]);
    const merge = await repository.commit([second, side], [['g', '1\n']]);
    expect(await firstParents(at, { from: base, to: merge, most: 10 })).toEqual([second, merge]);
    expect(await firstParents(at, { from: merge, to: merge, most: 10 })).toEqual([]);
    expect(await firstParents(at, { from: side, to: merge, most: 10 })).toBeUndefined();
    expect(await firstParents(at, { from: merge, to: base, most: 10 })).toBeUndefined();
    expect(await firstParents(at, { from: base, to: merge, most: 1 })).toBeUndefined();
  });

  it('says who wrote a commit, whatever the message says', async () => {
    const { gitDir } = repository;
    const base = await repository.commit([], [['f', '1\n']]);
    const author = { name: 'Åda Löv', email: 'ada@example.com' };
    const message = 'x\n\nauthor Mallory <m@example.com> 1 +0000';
    const id = await commitTree({
      gitDir,
      tree: await treeOf({ gitDir }, base),
      parents: [base],
      message,
      date: new Date(0),
      author,
    });
    expect(authorOf((await readCommit({ gitDir }, id)) ?? '')).toEqual(author);
    expect(authorOf('no commit')).toBeUndefined();
  });
});
