import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitLine, GitError, runGit, wholePatch } from '@heddle/git';
import type { CaptureNotice } from '@heddle/sandbox';
import type { StageGit } from './update-index.js';

export interface VerifyPatchOptions {
  readonly base: { readonly tree: string; readonly index: string };
  readonly tree: string;
  /** What was captured, by size. */
  readonly bytes: number;
  /** For a private index. */
  readonly directory: string;
  readonly git: StageGit;
}

/** A patch holds binary files as text, and git holds a file's patch in memory. */
const MAX_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/**
 * Whether the base with the change's patch, as people get it, is the captured tree to the last bit. The tree is what is
 * tested and landed, so a patch that git does not take costs nothing but its use: a notice says so.
 */
export async function verifyPatch(options: VerifyPatchOptions): Promise<CaptureNotice[]> {
  if (options.bytes > MAX_BYTES)
    return [notice(`more than ${String(MAX_BYTES)} bytes changed: that the patch gives this tree was not verified`)];
  try {
    const patched = await patchedTree(options);
    return patched === options.tree ? [] : [notice(`the patch of this change gives another tree (${patched})`)];
  } catch (error) {
    if (!GitError.is(error) || !['exit', 'timeout', 'output-limit'].includes(error.kind)) throw error;
    const text = error.stderr.trim().split('\n')[0] ?? '';
    return [notice(`the patch of this change can't be applied (${text}); its commit can be used`)];
  }
}

async function patchedTree({ base, tree, directory, git }: VerifyPatchOptions): Promise<string> {
  const indexFile = join(directory, 'patched-index');
  await copyFile(base.index, indexFile);
  const at = { ...git, indexFile, workTree: undefined, timeoutMs: TIMEOUT_MS };
  const patch = wholePatch(at, base.tree, tree, git.signal);
  const applied = runGit(['apply', '--cached', '--binary', '--whitespace=nowarn', '-'], { ...at, input: patch.stream });
  const outcomes = await Promise.allSettled([applied, patch.done]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return gitLine(['write-tree'], at);
}

function notice(message: string): CaptureNotice {
  return { reason: 'PATCH_INEXACT', path: Buffer.alloc(0), message };
}
