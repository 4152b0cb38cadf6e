export { commitTree, PLATFORM_IDENTITY, type Identity, type NewCommit } from './commits/commit-tree.js';
export { authorOf, parentsOf, readCommit } from './commits/read-commit.js';
export { findTrailer, firstParents, isAncestor, treeOf } from './commits/history.js';
export { recentCommits, type CommitFiles } from './commits/recent-commits.js';
export { changedFiles, type ChangedFile, type FileStatus, type RawFile } from './diff/changed-files.js';
export { parseHunks, type Hunk, type HunkLine } from './diff/hunks.js';
export { lineChanges, type LineChanges, type LineHunk } from './diff/line-changes.js';
export { filePatches, patchSeries, wholePatch, type FilePatch, type FilePatchesOptions } from './diff/patch.js';
export { areApart, footprint, type Footprint } from './merge/apart.js';
export { filesWithMarkers } from './merge/conflict-markers.js';
export { conflictVersions, type ConflictVersions, type FileVersion } from './merge/conflict-versions.js';
export { mergeInTurn, type MergedInTurn, type TurnOutcome } from './merge/merge-in-turn.js';
export { mergeMany, mergeOne, type PairOutcome } from './merge/merge-many.js';
export { type MergeMessage, type MergeOutcome } from './merge/merge-record.js';
export { withMergeDirectory, type MergeDirectory, type MergeDirectoryOptions } from './merge/merge-directory.js';
export { treeAttributes } from './merge/tree-attributes.js';
export { pathFrom, showPath, type ShownPath } from './names/git-path.js';
export { emptyTree, formatOf, isObjectId, isZeroId, zeroId, type ObjectFormat } from './names/object-id.js';
export { isRefName } from './names/ref-name.js';
export { createPack, type CreatePackOptions, type PackStream } from './packs/create-pack.js';
export { DEFAULT_PACK_BOUNDS, dropQuarantines, takePack, type PackIntakeOptions } from './packs/pack-intake.js';
export { gitEnvironment, type GitEnvironmentOptions, type GitLocation } from './process/environment.js';
export { GitError, type GitFailureKind } from './process/git-error.js';
export { nulFields, nulJoin } from './process/nul-fields.js';
export { gitLine, runGit, type GitInput, type GitResult, type RunGitOptions } from './process/run-git.js';
export {
  startGit,
  type GitProcess,
  type GitProcessOptions,
  type Owner,
  type ProcessLimits,
} from './process/start-git.js';
export { listRefs, lookUp, type RefEntry } from './refs/read-refs.js';
export { REMOTE_HEADS, REMOTE_TAGS, resolveRevision } from './refs/resolve-revision.js';
export { updateRefs, type RefCommand } from './refs/update-refs.js';
export { fetchBranch, fetchRemote } from './remotes/fetch.js';
export { push, type PushOptions } from './remotes/push.js';
export { type PushOutcome, type RejectionReason } from './remotes/push-report.js';
export { parseRemoteAddress, type RemoteAddress } from './remotes/remote-address.js';
export { allowedHost, type RemotePolicy } from './remotes/remote-policy.js';
export { readRemoteBranch, readRemoteHead, readRemoteRefs, type RemoteHead } from './remotes/remote-refs.js';
export { withRemote, type PathRemote, type Remote, type UrlRemote } from './remotes/remote.js';
export { filesWithWords, type FoundWords } from './search/files-with-words.js';
export { ensureBareStore, layOut, type GitDirectoryOptions } from './store/git-directory.js';
export { consolidatePacks, packRefs, writeCommitGraph } from './store/maintenance.js';
export { hashBlobs, hashBytes, type HashBlobsOptions } from './trees/hash-blobs.js';
export { listTree, type TreeFile } from './trees/list-tree.js';
export { materialise, type Materialised, type MaterialiseOptions } from './trees/materialise.js';
export { readBlob } from './trees/read-blob.js';
export { prepareIndex, writeTree, type TreeEdit, type WriteTreeOptions } from './trees/write-tree.js';
export { branchTip, checkedOutAt } from './worktrees/checked-out.js';
export { landInWorkTree, type WorkTreeLanding } from './worktrees/land-in-work-tree.js';
