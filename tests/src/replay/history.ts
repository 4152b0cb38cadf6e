import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { git, gitBytes, gitWithInput } from '../support/git/git.js';

const compress = promisify(gzip);
/** A request takes 3 MiB: all prompts of a batch together, with room for what is around them. */
const MAX_PROMPTS_BYTES = 2_500_000;
const MAX_PROMPT_BYTES = 200_000;

/** A commit of the history, re-applied on the base and nothing else. */
export interface Pick {
  readonly source: string;
  readonly subject: string;
  /**
   * Its patch does not apply on the base alone, so it is the files that it touched, as it left them: what somebody
   * would have who had to do the work before it, too. These are the ones that conflict.
   */
  readonly whole: boolean;
  /** A commit in the scratch repository: parent is the base. */
  readonly commit: string;
  readonly tree: string;
  /** `git diff --binary`, compressed, as base64. */
  readonly patch: string;
}

export interface History {
  readonly base: string;
  readonly picks: readonly Pick[];
  /** Commits that can't be a task, with the reason. */
  readonly left: readonly { readonly source: string; readonly why: string }[];
}

/**
 * The next commits of a history, each on `base` alone, oldest first.
 * @param repository bare, may be written to; holds the whole history at `refs/heads/source`
 * @param count at most so many
 */
export async function readHistory(repository: string, base: string, count: number): Promise<History> {
  await useAttributesOf(repository, base);
  const listed = await git(repository, 'rev-list', '--reverse', '--no-merges', `${base}..refs/heads/source`);
  const picks: Pick[] = [];
  const left: { source: string; why: string }[] = [];
  let room = MAX_PROMPTS_BYTES;
  for (const source of listed.split('\n').filter((line) => line !== '')) {
    if (picks.length === count) break;
    const picked = await pickOnto(repository, base, source);
    if (typeof picked === 'string') left.push({ source, why: picked });
    else if (picked.patch.length > Math.min(room, MAX_PROMPT_BYTES))
      left.push({ source, why: 'its patch is too large for a prompt' });
    else {
      picks.push(picked);
      room -= picked.patch.length;
    }
  }
  return { base, picks, left };
}

/** @returns why it can't be a task */
async function pickOnto(repository: string, base: string, source: string): Promise<Pick | string> {
  const [parent] = (await git(repository, 'rev-list', '--parents', '-n', '1', source)).trim().split(' ').slice(1);
  if (parent === undefined) return 'it has no parent';
  const baseTree = (await git(repository, 'rev-parse', `${base}^{tree}`)).trim();
  const picked = await cherryPick(repository, baseTree, parent, source);
  const whole = picked.conflicts.length > 0;
  const tree = whole ? await withItsFiles(repository, base, parent, source) : picked.tree;
  if (tree === baseTree) return 'the base has it already';
  const raw = await git(repository, 'diff-tree', '-r', '--raw', baseTree, tree);
  if (/^:(160000|\d{6} 160000)/m.test(raw)) return 'it changes a submodule';
  const diff = await gitBytes(repository, 'diff', '--binary', '--full-index', baseTree, tree);
  const commit = await git(repository, 'commit-tree', tree, '-p', base, '-m', source);
  const subject = (await git(repository, 'log', '-1', '--format=%s', source)).trim();
  return {
    source,
    subject: subject.slice(0, 200),
    whole,
    commit: commit.trim(),
    tree,
    patch: (await compress(diff)).toString('base64'),
  };
}

/** Without a work tree: the merge with a commit of the base's tree whose only parent is the picked one's. */
async function cherryPick(repository: string, baseTree: string, parent: string, source: string): Promise<Merged> {
  const onto = await git(repository, 'commit-tree', baseTree, '-p', parent, '-m', 'The base');
  return mergeTree(repository, onto.trim(), source);
}

/** The base with each file that the commit touched as the commit left it. @returns the tree */
async function withItsFiles(repository: string, base: string, parent: string, source: string): Promise<string> {
  const ref = `refs/heads/whole/${source}`;
  // Quoted paths are what fast-import reads, too.
  const raw = await git(repository, 'diff-tree', '-r', '--raw', '--no-abbrev', '--no-renames', parent, source);
  const commands = raw
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [facts = '', path = ''] = line.split('\t');
      const [, mode = '', , id = '', status = ''] = facts.split(' ');
      return status === 'D' ? `D ${path}` : `M ${mode} ${id} ${path}`;
    });
  const head = [`commit ${ref}`, 'committer A. Weaver <weaver@example.com> 1704067200 +0000', 'data 0', `from ${base}`];
  await gitWithInput(repository, [...head, ...commands, ''].join('\n'), 'fast-import', '--quiet');
  return (await git(repository, 'rev-parse', `${ref}^{tree}`)).trim();
}

export interface Merged {
  readonly tree: string;
  /** Paths that conflict; none where it is clean. */
  readonly conflicts: readonly string[];
}

/** What git itself says of two commits. @throws when git can't decide */
export async function mergeTree(repository: string, ours: string, theirs: string): Promise<Merged> {
  const output = await gitBytes(
    repository,
    'merge-tree',
    '--write-tree',
    '-z',
    '--name-only',
    '--no-messages',
    ours,
    theirs,
  )
    // A conflict is exit code 1, with the answer on standard output.
    .catch((error: unknown) => {
      const { code, stdout } = error as { code?: unknown; stdout?: Buffer };
      if (code === 1 && stdout !== undefined && stdout.length > 0) return stdout;
      throw error;
    });
  const [tree = '', ...conflicts] = output
    .toString('utf8')
    .split('\0')
    .filter((field) => field !== '');
  return { tree, conflicts: [...new Set(conflicts)].sort() };
}

/** Merges each commit onto what was merged before, as long as it is clean: the branch that git alone would have. */
export async function mergeInOrder(
  repository: string,
  base: string,
  picks: readonly Pick[],
): Promise<{ readonly tree: string; readonly accepted: readonly string[] }> {
  let tip = base;
  const accepted: string[] = [];
  for (const pick of picks) {
    const merged = await mergeTree(repository, tip, pick.commit);
    if (merged.conflicts.length > 0) continue;
    tip = (await git(repository, 'commit-tree', merged.tree, '-p', tip, '-p', pick.commit, '-m', pick.source)).trim();
    accepted.push(pick.source);
  }
  return { tree: (await git(repository, 'rev-parse', `${tip}^{tree}`)).trim(), accepted };
}

/** A bare repository reads no `.gitattributes` of a tree; a checkout of the base would. */
async function useAttributesOf(repository: string, base: string): Promise<void> {
  const file = join(repository, 'info', 'attributes');
  await rm(file, { force: true });
  const listed = await git(repository, 'ls-tree', '--name-only', base, '.gitattributes');
  if (listed.trim() !== '') await writeFile(file, await gitBytes(repository, 'show', `${base}:.gitattributes`));
}
