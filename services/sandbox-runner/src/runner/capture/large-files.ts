import { open } from 'node:fs/promises';
import type { CapturedChanges, CaptureNotice } from '@heddle/sandbox';
import { attributeValues } from './attribute-values.js';
import type { StageGit } from './update-index.js';

const POINTER = 'version https://git-lfs.github.com/spec/v1\n';
const MAX_POINTER_BYTES = 1024;

/**
 * Files that the repository keeps in LFS and that are no pointers: no filter of the repository ever runs, so their bytes
 * are stored as they are, and someone should know.
 */
export async function unfilteredLargeFiles(found: CapturedChanges, git: StageGit): Promise<CaptureNotice[]> {
  const files = found.changes.flatMap((change) => (change.kind === 'file' ? [change] : []));
  const values = await attributeValues(
    files.map((file) => file.path),
    ['filter'],
    git,
    'WORK_TREE',
  );
  const notices: CaptureNotice[] = [];
  for (const [index, { path, bytes }] of files.entries()) {
    if (values[index] !== 'lfs' || (await isPointer(Buffer.concat([Buffer.from(`${git.workTree}/`), path]), bytes)))
      continue;
    notices.push({
      reason: 'LFS_CONTENT',
      path,
      message: 'the repository keeps this file in LFS; its bytes are stored as an ordinary file',
    });
  }
  return notices;
}

async function isPointer(staged: Buffer, bytes: number): Promise<boolean> {
  if (bytes > MAX_POINTER_BYTES) return false;
  const file = await open(staged);
  try {
    return (await file.readFile('latin1')).startsWith(POINTER);
  } finally {
    await file.close();
  }
}
