export { SandboxError, errnoOf, type SandboxReason } from './sandbox-error.js';
export { groupName, openDriver, type OpenDriverOptions, type SandboxMode } from './drivers/open-driver.js';
export { DriverChoice } from './drivers/driver-choice.js';
export { offeredDriver, type DriverOffer } from './drivers/offered-driver.js';
export type { ContainerSettings } from './container/open-containers.js';
export type {
  AttachedProcess,
  Boundary,
  BoxLimits,
  BoxSpec,
  BoxUsage,
  DriverDescription,
  DriverName,
  ProcessEnding,
  ProcessSpec,
  SandboxDriver,
  SpawnedProcess,
  ToolMount,
} from './drivers/sandbox-driver.js';
export type { WindowSize } from './native/pty.js';
export { hostIdentity, identifyProcess, isAlive, type ProcessIdentity } from './process/process-identity.js';
export { isCut } from './process/output-drain.js';
export { boxPaths, createBoxDirectories, type BoxPaths } from './workspace/box-paths.js';
export { OverlayFileSystem } from './workspace/overlay.file-system.js';
export type { Layer } from './workspace/workspace-file-system.js';
export type { BoxSeed } from './workspace/seed-box.js';
export { removeTree } from './workspace/remove-tree.js';
export { mountsBelow } from './workspace/mount-table.js';
export type { JournalEntry, LimitHit, ProcessResult, ProcessUsage, StopReason } from './journal/journal-entry.js';
export { isPaused, pausedAt, pausedMs, resumedAt, type Pause } from './journal/pauses.js';
export { Journal } from './journal/journal.js';
export {
  foldJournal,
  processKey,
  type CheckpointState,
  type JournalState,
  type ProcessState,
} from './journal/journal-state.js';
export { listDoomed, listSandboxDirectories, SandboxDirectory } from './journal/sandbox-directory.js';
export type { CapturedChanges, CaptureNotice, TreeChange } from './capture/tree-change.js';
export { walkUpper, type WalkLayer, type WalkUpperOptions } from './capture/walk-upper.js';
export { walkClone, type WalkCloneOptions } from './capture/walk-clone.js';
export { pathGlob } from './capture/path-glob.js';
export { stageChanges, type StageOptions } from './capture/stage-changes.js';
export type { BoxNetwork } from './network/box-network.js';
export { NetworkNamespace } from './network/network-namespace.js';
export { NamespaceSockets } from './network/namespace-sockets.js';
export { makeWhiteout, MNT_DETACH, readXattr, removeXattr, unmountFileSystem } from './native/libc.js';
export { loopsBelow, releaseLoop, type LoopDevice } from './leftovers/loop-devices.js';
export { spoolWritersBelow, type SpoolWriter } from './leftovers/spool-writers.js';
export { findSecrets, SecretPatterns } from './capture/find-secrets.js';
export { subordinateIds, type IdRange } from './native/mapped-ids.js';
export { runSelfTest } from './self-test/self-test.js';
export { NODE_INSIDE, TOOLS_INSIDE } from './bubblewrap/toolchain.js';
export { ConfinedPrograms } from './confined/confined-programs.js';
export type { ConfinedOutcome, ConfinedProgram } from './confined/confined-program.js';
