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

/** One push: `commit` onto the branch, which must be `expectedOld` (all zeroes: not there). */
export interface BranchPush {
  readonly commit: string;
  readonly expectedOld: string;
  readonly landingId: string;
}

/** Opens branches of remotes for landings. */
@Injectable()
export class TargetBranches {
  constructor(private readonly stores: GitStores) {}

  async open<T>(repositoryId: string, branch: string, work: (target: TargetBranch) => Promise<T>): Promise<T> {
    const repository = await this.stores.repository(repositoryId);
    return this.stores.remote(repository, (remote) =>
      work(new TargetBranch(this.stores, remote, repositoryId, branch)),
    );
  }
}

/** A branch of a remote: what it is now, and the one way to move it. */
export class TargetBranch {
  private readonly store: string;

  constructor(
    private readonly stores: GitStores,
    private readonly remote: Remote,
    private readonly repositoryId: string,
    private readonly branch: string,
  ) {
    this.store = stores.directory(repositoryId);
  }

  /** The remote's tip, with its objects in the store; undefined when the remote has no such branch. `expected` is known to be there. */
  async tip(expected?: string): Promise<string | undefined> {
    const { remote, branch } = this;
    const tip = remote.kind === 'path' ? await branchTip(remote, branch) : await readRemoteBranch(remote, branch);
    if (tip === undefined || tip === expected) return tip;
    const [known] = await lookUp({ gitDir: this.store }, [tip]);
    if (known !== undefined) return tip;
    return this.stores.exclusively(this.repositoryId, () => fetchBranch(this.store, remote, branch));
  }

  async push({ commit, expectedOld, landingId }: BranchPush): Promise<PushOutcome> {
    const { remote, branch, store } = this;
    const workTree = remote.kind === 'path' && !remote.bare ? await checkedOutAt(remote, branch) : undefined;
    return remote.kind === 'path' && workTree !== undefined
      ? landInWorkTree(remote, workTree, { store, branch, commit, expectedOld, landingId })
      : push(remote, { store, commit, ref: `refs/heads/${branch}`, expectedOld });
  }

  /** True when a landing is on the branch: its commit, or the trailer of its id since `expectedOld`. */
  async contains(
    tip: string,
    landing: { id: string; commit: string; expectedOld: string | undefined },
  ): Promise<boolean> {
    const at = { gitDir: this.store };
    const [commit] = await lookUp(at, [landing.commit]);
    if (commit !== undefined && (await isAncestor(at, landing.commit, tip))) return true;
    return (await findTrailer(at, { from: landing.expectedOld, to: tip }, LANDING_TRAILER, landing.id)) !== undefined;
  }

  /** The store still has the commit. */
  async hasCommit(commit: string): Promise<boolean> {
    return (await lookUp({ gitDir: this.store }, [commit]))[0] !== undefined;
  }
}
