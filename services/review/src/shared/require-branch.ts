import { fieldInvalid } from '@heddle/domain';
import { isRefName } from '@heddle/git';

/**
 * Refuses what is no branch name, before anything is looked up; empty is the branch that the repository says.
 * @throws HeddleError FIELD_INVALID
 */
export function requireBranch(targetBranch: string): void {
  if (targetBranch !== '' && !isRefName(`refs/heads/${targetBranch}`))
    throw fieldInvalid([{ field: 'target_branch', description: 'must be the name of a branch, without refs/heads/' }]);
}
