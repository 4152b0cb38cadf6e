import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recentCommits } from '../commits/recent-commits.js';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { filesWithWords } from './files-with-words.js';

const OPTIONS = { maxFiles: 2, timeoutMs: 30_000 };

describe('words in the files of a commit', () => {
  let repository: SampleRepository;
  let commit: string;
  beforeAll(async () => {
    repository = await SampleRepository.create();
    commit = await repository.commit(
      [],
      [
        ['src/cart.ts', 'export function emptyCart(discount) { return discount ? emptyCart() : 0; }\n'],
        ['src/odd\nname.ts', 'discount\n'],
        ['src/carts.ts', 'emptyCarts $total\n'],
        [Buffer.from([0x73, 0xff]), 'emptyCart\n'],
        ['image.bin', { text: Buffer.from('emptyCart\0\0') }],
        ['every/1', 'every\n'],
        ['every/2', 'every\n'],
        ['every/3', 'every\n'],
      ],
    );
  });
  afterAll(() => repository.dispose());

  it('are found as whole words, in text, however the path is written', async () => {
    const found = await filesWithWords(
      { gitDir: repository.gitDir },
      commit,
      ['emptyCart', 'discount', '$total', 'nowhere'],
      OPTIONS,
    );
    expect(found.complete).toBe(true);
    expect(new Map([...found.files].map(([word, files]) => [word, [...files].sort()]))).toEqual(
      new Map([
        ['emptyCart', ['src/cart.ts']],
        ['discount', ['src/cart.ts', 'src/odd\nname.ts']],
        ['$total', ['src/carts.ts']],
      ]),
    );
  });

  it('are left out where they are in too many files', async () => {
    const { files } = await filesWithWords({ gitDir: repository.gitDir }, commit, ['every'], OPTIONS);
    expect([...files.keys()]).toEqual([]);
  });

  it('are words: nothing else is looked for', async () => {
    for (const odd of ['-e', '.*', 'a\nb', '', '--help'])
      await expect(filesWithWords({ gitDir: repository.gitDir }, commit, [odd], OPTIONS)).rejects.toThrow('not a word');
  });

  it('of a search that is ended are what was found until then', async () => {
    const found = await filesWithWords({ gitDir: repository.gitDir }, commit, ['emptyCart'], {
      ...OPTIONS,
      timeoutMs: 0,
    });
    expect(found.complete).toBe(false);
  });

  it('of commits: the newest first, with what each touched', async () => {
    const second = await repository.commit(
      [commit],
      [
        ['src/cart.ts', 'x\n'],
        ['src/odd\nname.ts', null],
      ],
    );
    const at = { gitDir: repository.gitDir };
    expect(await recentCommits(at, second, { most: 1, timeoutMs: 30_000 })).toEqual([
      { time: 1_700_000_000, paths: ['src/cart.ts', 'src/odd\nname.ts'] },
    ]);
    const both = await recentCommits(at, second, { most: 10, timeoutMs: 30_000 });
    expect(both?.map(({ paths }) => paths.length)).toEqual([2, 8]);
    expect(await recentCommits(at, second, { most: 10, timeoutMs: 0 })).toBeUndefined();
  });
});
