import { gitLine, runGit } from '../process/run-git.js';
import { nulFields } from '../process/nul-fields.js';
import type { PathRemote } from '../remotes/remote.js';

/** The work tree of a path remote in which a branch is checked out, main or linked; undefined when it is in none. */
export async function checkedOutAt(remote: PathRemote, branch: string): Promise<string | undefined> {
  const { stdout } = await runGit(['worktree', 'list', '--porcelain', '-z'], remote.asOwner);
  let current: string | undefined;
  let bare = false;
  for (const field of nulFields(stdout).map((bytes) => bytes.toString('utf8'))) {
    if (field === '') bare = false;
    else if (field.startsWith('worktree ')) current = field.slice('worktree '.length);
    else if (field === 'bare') bare = true;
    else if (field === `branch refs/heads/${branch}` && !bare) return current;
  }
  return undefined;
}

/** What a branch of the path is now; undefined when there is no such branch. */
export async function branchTip(remote: PathRemote, branch: string): Promise<string | undefined> {
  const tip = await gitLine(['rev-parse', '--verify', '--quiet', '--end-of-options', `refs/heads/${branch}`], {
    ...remote.asOwner,
    okCodes: [0, 1],
  });
  return tip === '' ? undefined : tip;
}
