import { lstat, mkdir, readFile, readlink, readdir, symlink, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runGit } from '../process/run-git.js';
import { SampleRepository } from '../spec-support/sample-repository.js';
import { hashBlobs } from './hash-blobs.js';
import { listTree } from './list-tree.js';
import { materialise } from './materialise.js';
import { prepareIndex, writeTree, type TreeEdit } from './write-tree.js';

const ODD = Buffer.from([0x64, 0xff, 0x2f, 0x0a, 0x80]);

describe('trees without a check-out', () => {
  let repository: SampleRepository;
  let base: string;
  beforeAll(async () => {
    repository = await SampleRepository.create();
    base = await repository.commit(
      [],
      [
        ['.gitattributes', '*.crlf text eol=crlf\n'],
        ['dir/a', 'a\n'],
        ['dir/b', 'b\n'],
        ['file', 'f\n'],
        ['run', { text: 'r\n', mode: '100755' }],
        [ODD, 'odd\n'],
        ['dos.crlf', 'l\n'],
      ],
    );
  });
  afterAll(() => repository.dispose());

  const names = async (tree: string): Promise<string[]> =>
    (await listTree({ gitDir: repository.gitDir }, tree)).map((file) => `${file.mode} ${file.path.toString('latin1')}`);

  it('stores the bytes of files whose names hold anything', async () => {
    const odd = Buffer.concat([Buffer.from(`${repository.root}/`), Buffer.from([0x22, 0x0a, 0xff, 0x5c])]);
    await writeFile(odd, 'a\r\nb');
    const [id] = await hashBlobs({ gitDir: repository.gitDir, files: [odd] });
    const { stdout } = await runGit(['cat-file', 'blob', id ?? ''], { gitDir: repository.gitDir });
    expect(stdout.toString()).toBe('a\r\nb');
  });

  it('replaces files by directories and directories by files, and removes whole directories', async () => {
    const id = (await runGit(['hash-object', '-w', '--stdin'], { gitDir: repository.gitDir, input: 'new' })).stdout
      .toString()
      .trim();
    const edits: TreeEdit[] = [
      { kind: 'removeAll', path: Buffer.from('dir') },
      { kind: 'put', path: Buffer.from('dir'), mode: '120000', id },
      { kind: 'put', path: Buffer.from('file/inside'), mode: '100755', id },
      { kind: 'removeAll', path: ODD.subarray(0, 2) },
    ];
    const index = join(repository.root, 'prepared');
    await prepareIndex({ gitDir: repository.gitDir }, base, index);
    const tree = await writeTree({ gitDir: repository.gitDir, base, edits });
    expect(await names(tree)).toEqual([
      '100644 .gitattributes',
      '120000 dir',
      '100644 dos.crlf',
      '100755 file/inside',
      '100755 run',
    ]);
    expect(await writeTree({ gitDir: repository.gitDir, base, edits, preparedIndex: index })).toBe(tree);
  });

  it('adds files of a private tree as git add would, and never through a repository nested in it', async () => {
    const workTree = join(repository.root, 'private');
    await mkdir(join(workTree, 'dir', '.git'), { recursive: true });
    await writeFile(join(workTree, '.gitattributes'), '*.crlf text eol=crlf\n');
    await writeFile(join(workTree, 'dos.crlf'), 'l\r\nm\r\n');
    await writeFile(join(workTree, 'dir', '.git', 'config'), '[core]\n\tfsmonitor = touch /tmp/never\n');
    await symlink('../../etc/passwd', join(workTree, 'dir', 'link'));
    await writeFile(join(workTree, 'run'), 'r\n');
    await chmod(join(workTree, 'run'), 0o644);
    const tree = await writeTree({
      gitDir: repository.gitDir,
      base,
      workTree,
      edits: ['dos.crlf', 'dir/link', 'run', 'dir/.git/config'].map((path) => ({
        kind: 'add',
        path: Buffer.from(path),
      })),
    });
    expect(await names(tree)).toContain('120000 dir/link');
    expect(await names(tree)).toContain('100644 run');
    expect((await names(tree)).filter((name) => name.includes('.git/'))).toEqual([]);
    expect(await repository.show(tree, 'dos.crlf')).toBe('l\nm\n');
  });

  it('writes only what differs, as a check-out would, and names what is gone', async () => {
    const target = await repository.commit(
      [base],
      [
        ['dir/a', null],
        ['file', { text: 'dir/b', mode: '120000' }],
        ['run', { text: 'r2\n', mode: '100755' }],
        [ODD, 'odder\n'],
        ['dos.crlf', 'l\nm\n'],
        ['deep/er/x', 'x\n'],
      ],
    );
    const into = join(repository.root, 'delta');
    await mkdir(into);
    const result = await materialise({ gitDir: repository.gitDir, base, target, into });
    expect(result.deleted.map(String)).toEqual(['dir/a']);
    expect(await readlink(join(into, 'file'))).toBe('dir/b');
    expect((await lstat(join(into, 'run'))).mode & 0o111).not.toBe(0);
    expect(await readFile(join(into, 'dos.crlf'), 'utf8')).toBe('l\r\nm\r\n');
    expect(await readFile(Buffer.concat([Buffer.from(`${into}/`), ODD]), 'utf8')).toBe('odder\n');
    expect((await readdir(into)).length).toBe(5);
  });
});
