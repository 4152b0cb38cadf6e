import { Injectable } from '@nestjs/common';
import {
  branchTip,
  checkedOutAt,
  fetchBranch,
  findTrailer,
  isAncestor,
  landInWorkTree,
  lookUp,
  push,
  readRemoteBranch,
  type PushOutcome,
  type Remote,
} from '@heddle/git';
import { GitStores } from '../git-store/git-stores.js';
import { LANDING_TRAILER } from './landing-message.js';

/** One push: `commit` onto `branch`, which must be `expectedOld` (all zeroes: not there). */
export interface BranchPush {
  readonly branch: string;
  readonly commit: string;
  readonly expectedOld: string;
  readonly landingId: string;
}

/** The branch of a remote as it is now, and the one way to move it. */
@Injectable()
export class TargetBranch {
  constructor(private readonly stores: GitStores) {}

  /** The remote's tip, with its objects in the store; undefined when the remote has no such branch. */
  async read(repositoryId: string, branch: string): Promise<string | undefined> {
    const { url } = await this.stores.repository(repositoryId);
    return this.stores.remote(url, (remote) => this.tip(repositoryId, remote, branch));
  }

  async push(repositoryId: string, { branch, commit, expectedOld, landingId }: BranchPush): Promise<PushOutcome> {
    const { url } = await this.stores.repository(repositoryId);
    const store = this.stores.directory(repositoryId);
    return this.stores.remote(url, async (remote) => {
      const workTree = remote.kind === 'path' && !remote.bare ? await checkedOutAt(remote, branch) : undefined;
      return remote.kind === 'path' && workTree !== undefined
        ? landInWorkTree(remote, workTree, { store, branch, commit, expectedOld, landingId })
        : push(remote, { store, commit, ref: `refs/heads/${branch}`, expectedOld });
    });
  }

  /** True when a landing is on the branch: its commit, or the trailer of its id since `expectedOld`. */
  async contains(repositoryId: string, tip: string, landing: { id: string; commit: string; expectedOld: string | undefined }): Promise<boolean> {
    const at = { gitDir: this.stores.directory(repositoryId) };
    if (await isAncestor(at, landing.commit, tip)) return true;
    return (await findTrailer(at, { from: landing.expectedOld, to: tip }, LANDING_TRAILER, landing.id)) !== undefined;
  }

  private async tip(repositoryId: string, remote: Remote, branch: string): Promise<string | undefined> {
    const store = this.stores.directory(repositoryId);
    const tip = remote.kind === 'path' ? await branchTip(remote, branch) : await readRemoteBranch(remote, branch);
    if (tip === undefined) return undefined;
    const [known] = await lookUp({ gitDir: store }, [tip]);
    if (known !== undefined) return tip;
    return this.stores.exclusively(repositoryId, () => fetchBranch(store, remote, branch));
  }
}
