import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runGit } from '../process/run-git.js';
import { withFragileGit } from '../spec-support/fragile-git.js';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { treeOf } from '../commits/history.js';
import { changedFiles } from './changed-files.js';
import { lineChanges } from './line-changes.js';
import { filePatches, patchSeries, wholePatch } from './patch.js';

const ODD = Buffer.from([0x6f, 0xff, 0x20, 0x0a, 0x64]);

describe('what a change is', () => {
  let repository: SampleRepository;
  let base: string;
  let head: string;
  beforeAll(async () => {
    repository = await SampleRepository.create();
    base = await repository.commit(
      [],
      [
        ['edit.txt', 'one\ntwo\nthree\n'],
        ['old name.txt', 'a\nb\nc\nd\ne\nf\n'],
        ['run.sh', '#!/bin/sh\n'],
        ['gone/x', 'x\n'],
        ['becomes-link', 'file\n'],
        [ODD, 'odd\n'],
        ['blob.bin', Buffer.from([0, 1, 2]).toString('latin1')],
      ],
    );
    head = await repository.commit(
      [base],
      [
        ['edit.txt', 'one\n2\nthree\nfour\n'],
        ['old name.txt', null],
        ['new\tname.txt', 'a\nb\nc\nd\ne\nF\n'],
        ['run.sh', { text: '#!/bin/sh\n', mode: '100755' }],
        ['gone', null],
        ['becomes-link', { text: 'edit.txt', mode: '120000' }],
        [ODD, 'odder\n'],
        ['blob.bin', { text: Buffer.from([0, 9, 9, 9]) }],
        ['added', 'no newline at end'],
      ],
    );
  });
  afterAll(() => repository.dispose());

  it('knows the lines that differ, of renamed files too, and nothing of binary files', async () => {
    const lines = await lineChanges({ gitDir: repository.gitDir }, base, head, 1024 * 1024);
    expect(lines.of(Buffer.from('edit.txt'))).toEqual([
      { oldStart: 2, oldLines: ['two'], newStart: 2, newLines: ['2'] },
      { oldStart: 3, oldLines: [], newStart: 4, newLines: ['four'] },
    ]);
    expect(lines.of(Buffer.from('new\tname.txt'), Buffer.from('old name.txt'))).toEqual([
      { oldStart: 6, oldLines: ['f'], newStart: 6, newLines: ['F'] },
    ]);
    expect(lines.of(Buffer.from('added'))).toEqual([
      { oldStart: 0, oldLines: [], newStart: 1, newLines: ['no newline at end'] },
    ]);
    expect(lines.of(Buffer.from('becomes-link'))).toHaveLength(2);
    expect(lines.of(ODD)).toHaveLength(1);
    expect(lines.of(Buffer.from('blob.bin'))).toBeUndefined();
    const cut = await lineChanges({ gitDir: repository.gitDir }, base, head, 400);
    expect(cut.of(ODD)).toBeUndefined();
  });

  it('takes lines that look like headers for lines', async () => {
    const trap = await repository.commit([base], [['edit.txt', 'one\n@@ -1 +1 @@\ndiff --git a/x b/x\nthree\n']]);
    const lines = await lineChanges({ gitDir: repository.gitDir }, base, trap, 1024 * 1024);
    expect(lines.of(Buffer.from('edit.txt'))).toEqual([
      { oldStart: 2, oldLines: ['two'], newStart: 2, newLines: ['@@ -1 +1 @@', 'diff --git a/x b/x'] },
    ]);
  });

  it('lists every kind of difference with modes, renames and counts', async () => {
    const files = await changedFiles({ gitDir: repository.gitDir }, base, head);
    const rows = files.map((file) => [
      file.path.toString('latin1'),
      file.status,
      file.additions,
      file.deletions,
      file.binary,
    ]);
    expect(rows).toEqual([
      ['added', 'ADDED', 1, 0, false],
      ['becomes-link', 'TYPE_CHANGED', 1, 1, false],
      ['blob.bin', 'MODIFIED', 0, 0, true],
      ['edit.txt', 'MODIFIED', 2, 1, false],
      ['gone/x', 'DELETED', 0, 1, false],
      ['new\tname.txt', 'RENAMED', 1, 1, false],
      [ODD.toString('latin1'), 'MODIFIED', 1, 1, false],
      ['run.sh', 'MODIFIED', 0, 0, false],
    ]);
    expect(files.find((file) => file.status === 'RENAMED')?.oldPath?.toString()).toBe('old name.txt');
    expect(files.find((file) => file.path.equals(Buffer.from('run.sh')))).toMatchObject({
      oldMode: '100644',
      mode: '100755',
    });
    expect(files[0]).not.toHaveProperty('oldMode');
  });

  it('gives patches file by file, whatever bytes a name has', async () => {
    const at = { gitDir: repository.gitDir };
    const files = await changedFiles(at, base, head);
    const patches = await filePatches({ ...at, base, head, files, maxBytesPerFile: 10_000, maxBytes: 100_000 });
    const text = patches.map((patch) => (patch.kind === 'TEXT' ? patch.patch.toString('latin1') : patch.kind));
    expect(text).toHaveLength(files.length);
    expect(text[0]).toContain('\\ No newline at end of file');
    expect(text[1]).toMatch(/^diff --git [^]*deleted file mode 100644[^]*new file mode 120000/);
    expect(text[2]).toContain('Binary files');
    expect(text[5]).toContain('rename from old name.txt');
    expect(text[6]).toContain('-odd\n+odder\n');
    expect(text[7]).toContain('new mode 100755');
  });

  it('gives each file its own patch where git would pair other renames among those of the page', async () => {
    const at = { gitDir: repository.gitDir };
    const text = Array.from({ length: 20 }, (_, line) => `line ${String(line)}\n`).join('');
    const before = await repository.commit(
      [],
      [
        ['old', text],
        ['z', 'z\n'],
      ],
    );
    const after = await repository.commit(
      [before],
      [
        ['old', null],
        ['new/alike', `${text}more\n`],
        ['new/same', text],
        ['z', 'Z\n'],
      ],
    );
    const files = await changedFiles(at, before, after);
    expect(files.map((file) => file.status)).toEqual(['ADDED', 'RENAMED', 'MODIFIED']);
    // As it was listed where looking for renames was given up.
    const plain = [
      { ...files[0]!, path: Buffer.from('new/alike') },
      { ...files[0]!, path: Buffer.from('new/same') },
      { ...files[0]!, status: 'DELETED' as const, path: Buffer.from('old') },
      files[2]!,
    ];
    for (const list of [files, plain]) {
      const patches = await filePatches({
        ...at,
        base: before,
        head: after,
        files: list,
        maxBytesPerFile: 10_000,
        maxBytes: 100_000,
      });
      const names = patches.map((patch) =>
        patch.kind === 'TEXT' ? /^diff --git .* b\/(.*)$/m.exec(patch.patch.toString())?.[1] : '',
      );
      expect(names).toEqual(list.map((file) => file.path.toString()));
    }
  });

  it('leaves out what differs by white space only, and gives every file its own patch all the same', async () => {
    const at = { gitDir: repository.gitDir };
    const indented = (text: string) => text.replace(/^/gm, '  ').replace(/ {2}$/, '');
    const lines = Array.from({ length: 20 }, (_, line) => `line ${String(line)}\n`).join('');
    const before = await repository.commit(
      [],
      [
        ['a', 'one\ntwo\n'],
        ['b', lines],
        ['c', { text: 'three\n', mode: '100644' }],
        ['old name', lines],
        ['t', 'file\n'],
        [ODD, 'odd\n'],
      ],
    );
    const after = await repository.commit(
      [before],
      [
        ['a', indented('one\ntwo\n')],
        ['b', indented(lines).replace('line 7', 'line seven')],
        ['c', { text: '  three\n', mode: '100755' }],
        ['old name', null],
        ['new name', lines.replace('line 3', '   line 3')],
        ['t', { text: 'a', mode: '120000' }],
        [ODD, 'odder\n'],
      ],
    );
    const files = await changedFiles(at, before, after);
    const options = { ...at, base: before, head: after, files, context: 0, maxBytesPerFile: 10_000, maxBytes: 100_000 };
    const patches = await filePatches({ ...options, ignoreWhitespace: true });
    const text = new Map(
      patches.map((patch, index) => [
        files[index]!.path.toString('latin1'),
        patch.kind === 'TEXT' ? patch.patch.toString('latin1') : patch.kind,
      ]),
    );
    expect(text.get('a')).toBe('');
    expect(text.get('b')).toMatch(/^diff --git a\/b b\/b\n[^]*@@ -8 \+8 @@[^\n]*\n-line 7\n\+ {2}line seven\n$/);
    expect(text.get('c')).toContain('new mode 100755');
    expect(text.get('new name')).toMatch(/^(?:diff --git a\/old name b\/new name\n[^@]*)?$/);
    expect(text.get('t')).toMatch(/^diff --git a\/t b\/t\n[^]*new file mode 120000/);
    expect(text.get(ODD.toString('latin1'))).toContain('-odd\n+odder\n');
  });

  it('lists a change without renames where looking for them takes too long', async () => {
    const files = await withFragileGit('case " $* " in *" -M "*) true;; *) false;; esac', () =>
      changedFiles({ gitDir: repository.gitDir }, base, head),
    );
    expect(files.map((file) => file.status)).not.toContain('RENAMED');
    expect(files.map((file) => file.path.toString())).toEqual(
      expect.arrayContaining(['old name.txt', 'new\tname.txt']),
    );
  });

  it('stops at the size of a page, and says which file is too large for any', async () => {
    const at = { gitDir: repository.gitDir };
    const large = await repository.commit(
      [base],
      [
        ['a', 'x\n'.repeat(10)],
        ['b', 'y\n'.repeat(5_000)],
        ['c', 'z\n'.repeat(10)],
      ],
    );
    const files = await changedFiles(at, base, large);
    const page = (from: number) =>
      filePatches({ ...at, base, head: large, files: files.slice(from), maxBytesPerFile: 1_000, maxBytes: 1_500 });
    expect((await page(0)).map((patch) => patch.kind)).toEqual(['TEXT']);
    expect((await page(1)).map((patch) => patch.kind)).toEqual(['TOO_LARGE']);
    expect((await page(2)).map((patch) => patch.kind)).toEqual(['TEXT']);
    expect(await page(3)).toEqual([]);
  });

  it('gives a line of commits as mails that make the same trees again', async () => {
    const first = await repository.commit([base], [['edit.txt', 'ONE\n']], 'First\n\nKey: value');
    const binary = Buffer.from([0, 255, 1]).toString('latin1');
    const second = await repository.commit([first], [['blob.bin', binary]], 'Second');
    const { stream, done } = patchSeries({ gitDir: repository.gitDir }, base, second);
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    await done;
    const series = Buffer.concat(chunks).toString('latin1');
    expect(series.match(/^Subject: .*$/gm)).toEqual(['Subject: [PATCH 1/2] First', 'Subject: [PATCH 2/2] Second']);
    expect(series).toContain('\nKey: value\n');
    const at = { gitDir: repository.gitDir, indexFile: `${repository.root}/series-index` };
    await runGit(['read-tree', base], at);
    for (const [index, mail] of series.split(/^(?=From [0-9a-f]{40} )/m).entries()) {
      await runGit(['apply', '--cached', '--binary', '-'], {
        ...at,
        cwd: repository.root,
        workTree: repository.root,
        input: Buffer.from(mail, 'latin1'),
      });
      const { stdout } = await runGit(['write-tree'], at);
      expect(stdout.toString().trim()).toBe(await treeOf(at, index === 0 ? first : second));
    }
  });

  it('gives a whole patch that turns the base into exactly the head', async () => {
    const { stream, done } = wholePatch({ gitDir: repository.gitDir }, base, head);
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    await done;
    const at = { gitDir: repository.gitDir, indexFile: `${repository.root}/index` };
    await runGit(['read-tree', base], at);
    await runGit(['apply', '--cached', '--binary', '-'], {
      ...at,
      cwd: repository.root,
      workTree: repository.root,
      input: Buffer.concat(chunks),
    });
    const { stdout } = await runGit(['write-tree'], at);
    expect(stdout.toString().trim()).toBe(await treeOf(at, head));
  });
});
