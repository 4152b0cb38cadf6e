import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { readBlob } from '../trees/read-blob.js';
import { conflictVersions, type FileVersion } from './conflict-versions.js';
import { withMergeDirectory } from './merge-directory.js';

describe('the versions of files in conflict', () => {
  let repository: SampleRepository;
  beforeAll(async () => {
    repository = await SampleRepository.create();
  });
  afterAll(() => repository.dispose());

  /** Texts of base, ours and theirs by path; `-`: it is not there. */
  function versions(ours: string, theirs: string): Promise<[string, ...string[]][]> {
    const options = { store: repository.gitDir, commit: ours, attributes: Buffer.alloc(0), keepObjects: false };
    return withMergeDirectory(options, async (at) => {
      const text = async (version: FileVersion | undefined): Promise<string> =>
        version === undefined ? '-' : `${version.mode} ${String(await readBlob(at, version.id, 1000))}`;
      const found: [string, ...string[]][] = [];
      for (const { path, base, ours: own, theirs: other } of await conflictVersions(at, ours, theirs))
        found.push([path.toString('latin1'), await text(base), await text(own), await text(other)]);
      return found;
    });
  }

  it('are three of contents, and fewer where a side has none', async () => {
    const name = Buffer.from([0x66, 0xff, 0x0a, 0x09]);
    const base = await repository.commit(
      [],
      [
        [name, '1'],
        ['gone', '1'],
        ['same', '1'],
      ],
    );
    const ours = await repository.commit(
      [base],
      [
        [name, '2'],
        ['gone', null],
        ['new', { text: '2', mode: '100755' }],
      ],
    );
    const theirs = await repository.commit(
      [base],
      [
        [name, '3'],
        ['gone', '3'],
        ['new', { text: '3', mode: '120000' }],
        ['same', '3'],
      ],
    );
    const found = await versions(ours, theirs);
    expect(found).toContainEqual([name.toString('latin1'), '100644 1', '100644 2', '100644 3']);
    expect(found).toContainEqual(['gone', '100644 1', '-', '100644 3']);
    expect(found.some(([path]) => path === 'same')).toBe(false);
    expect(found.filter(([path]) => path.startsWith('new')).every(([, common]) => common === '-')).toBe(true);
    expect(await versions(base, theirs)).toEqual([]);
  });

  it('are under the new name where one side has renamed the file', async () => {
    const long = Array.from({ length: 20 }, (_, line) => `${String(line)}\n`).join('');
    const base = await repository.commit([], [['old', long]]);
    const ours = await repository.commit(
      [base],
      [
        ['old', null],
        ['new', long.replace('7\n', 'seven\n')],
      ],
    );
    const theirs = await repository.commit([base], [['old', long.replace('7\n', 'VII\n')]]);
    expect((await versions(ours, theirs)).map(([path, common]) => [path, common])).toEqual([['new', `100644 ${long}`]]);
  });

  it('have the merge of several bases as what is common', async () => {
    const root = await repository.commit([], [['f', 'a\nb\nc\nd\ne\n']]);
    const left = await repository.commit([root], [['f', 'A\nb\nc\nd\ne\n']]);
    const right = await repository.commit([root], [['f', 'a\nb\nc\nd\nE\n']]);
    const crossed = await repository.commit([left, right], [['f', 'A\nb\nc\nd\nE\n']]);
    const again = await repository.commit([right, left], [['f', 'A\nb\nc\nd\nE\n']]);
    const ours = await repository.commit([crossed], [['f', 'A\nb\nours\nd\nE\n']]);
    const theirs = await repository.commit([again], [['f', 'A\nb\ntheirs\nd\nE\n']]);
    expect((await versions(ours, theirs)).map(([, common]) => common)).toEqual(['100644 A\nb\nc\nd\nE\n']);
  });
});
