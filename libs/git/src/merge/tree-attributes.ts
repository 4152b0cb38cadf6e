import { emptyTree, formatOf } from '../names/object-id.js';
import type { GitLocation } from '../process/environment.js';
import { nulFields } from '../process/nul-fields.js';
import { runGit } from '../process/run-git.js';
import { reduceAttributes, type AttributesFile } from './attribute-rules.js';

const MAX_ATTRIBUTES_BYTES = 1024 * 1024;

/**
 * What the `.gitattributes` files of a commit or tree say about merging, as one `info/attributes`. Larger ones than 1 MiB count as absent.
 * Costs a walk of the tree inside git, but output only for the files that match.
 */
export async function treeAttributes(at: GitLocation, treeish: string): Promise<Buffer> {
  const { stdout } = await runGit(
    [
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--no-commit-id',
      '--end-of-options',
      emptyTree(formatOf(treeish)),
      treeish,
      '--',
      ':(glob)**/.gitattributes',
    ],
    { ...at, pathspecMagic: true },
  );
  const fields = nulFields(stdout);
  const found: { id: string; directory: string }[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode, , id] = (fields[index] ?? Buffer.alloc(0)).toString('latin1').split(' ');
    const path = (fields[index + 1] ?? Buffer.alloc(0)).toString('latin1');
    if (mode?.startsWith('100') === true && id !== undefined)
      found.push({ id, directory: path.slice(0, Math.max(0, path.lastIndexOf('/'))) });
  }
  if (found.length === 0) return Buffer.alloc(0);
  const contents = await readBlobs(
    at,
    found.map((file) => file.id),
  );
  const files: AttributesFile[] = found.map((file, index) => ({
    directory: file.directory,
    content: contents[index] ?? '',
  }));
  return Buffer.from(reduceAttributes(files), 'latin1');
}

async function readBlobs(at: GitLocation, ids: readonly string[]): Promise<string[]> {
  const { stdout } = await runGit(['cat-file', '--batch'], {
    ...at,
    input: ids.map((id) => `${id}\n`).join(''),
    maxOutputBytes: 64 * 1024 * 1024,
  });
  const contents: string[] = [];
  let offset = 0;
  for (const id of ids) {
    const end = stdout.indexOf(10, offset);
    const size = Number(stdout.subarray(offset, end).toString('latin1').split(' ')[2]);
    if (!Number.isInteger(size)) throw new Error(`blob ${id} is missing`);
    contents.push(size > MAX_ATTRIBUTES_BYTES ? '' : stdout.subarray(end + 1, end + 1 + size).toString('latin1'));
    offset = end + 1 + size + 1;
  }
  return contents;
}
