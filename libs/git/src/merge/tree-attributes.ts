import { emptyTree, formatOf } from '../names/object-id.js';
import type { GitLocation } from '../process/environment.js';
import { nulFields } from '../process/nul-fields.js';
import { runGit } from '../process/run-git.js';
import { lookUp } from '../refs/read-refs.js';
import { reduceAttributes, type AttributesFile } from './attribute-rules.js';

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_BYTES = 16 * MAX_FILE_BYTES;

/**
 * What the `.gitattributes` files of a commit or tree say about merging, as one `info/attributes`. Larger ones than 1 MiB count as absent, and what is
 * beyond 16 MiB in all: whoever lands a giant must not keep all others from landing.
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
    { ...at, pathspecMagic: true, maxOutputBytes: 256 * 1024 * 1024 },
  );
  const fields = nulFields(stdout);
  const found: { id: string; directory: string }[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode, , id] = (fields[index] ?? Buffer.alloc(0)).toString('latin1').split(' ');
    const path = (fields[index + 1] ?? Buffer.alloc(0)).toString('latin1');
    if (mode?.startsWith('100') === true && id !== undefined)
      found.push({ id, directory: path.slice(0, Math.max(0, path.lastIndexOf('/'))) });
  }
  const files = await readFiles(at, found);
  return Buffer.from(reduceAttributes(files), 'latin1');
}

async function readFiles(
  at: GitLocation,
  found: readonly { id: string; directory: string }[],
): Promise<AttributesFile[]> {
  const blobs = await lookUp(
    at,
    found.map((file) => file.id),
  );
  let sum = 0;
  const wanted = found.flatMap((file, index) => {
    const { size } = blobs[index] ?? { size: Infinity };
    if (size > MAX_FILE_BYTES || sum + size > MAX_BYTES) return [];
    sum += size;
    return [{ ...file, size }];
  });
  if (wanted.length === 0) return [];
  const { stdout } = await runGit(['cat-file', '--batch'], {
    ...at,
    input: wanted.map(({ id }) => `${id}\n`).join(''),
    maxOutputBytes: 2 * MAX_BYTES + 256 * wanted.length,
  });
  let offset = 0;
  return wanted.map(({ directory, size }) => {
    const start = stdout.indexOf(10, offset) + 1;
    offset = start + size + 1;
    return { directory, content: stdout.toString('latin1', start, start + size) };
  });
}
