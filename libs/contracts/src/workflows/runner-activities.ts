/** Activities that a sandbox runner offers; all are safe to repeat by (owner, turn, phase, fence). */

export interface SandboxOwnerRef {
  readonly kind: 'ATTEMPT' | 'LANDING' | 'JOB' | 'TRIAL';
  readonly id: string;
  readonly fence: number;
}

/** Polled from `runners.<pool>` while the host has room. */
export interface PoolActivities {
  /**
   * Takes a slot of this runner for the owner; it is held until `release`, or freed when no other phase follows within
   * two minutes (then that phase fails with CLAIM_EXPIRED).
   */
  claim(input: { readonly owner: SandboxOwnerRef }): Promise<ClaimResult>;
}

export type ClaimResult =
  | { readonly outcome: 'CLAIMED'; readonly runnerId: string }
  /** The room was gone after all: claim again. */
  | { readonly outcome: 'NO_ROOM' };

/** Polled from `runner.<runnerId>`. */
export interface RunnerActivities {
  /**
   * Makes the sandbox, on the environment's set-up, which it may have to run or wait for (a job's is made without). The only
   * phase that creates; every other answers SANDBOX_UNKNOWN for one that no journal knows.
   */
  provision(input: { readonly owner: SandboxOwnerRef }): Promise<ProvisionResult>;
  /** Runs the environment's set-up in a job's sandbox and publishes nothing; checks that follow run on what it left. */
  trySetup(input: { readonly owner: SandboxOwnerRef }): Promise<SetupResult>;
  /** Starts the agent or attaches to it, and ends when its whole process tree is dead. */
  runTurn(input: { readonly owner: SandboxOwnerRef; readonly turn: number }): Promise<TurnResult>;
  /** Stores the tree with review as the turn's last checkpoint. */
  capture(input: {
    readonly owner: SandboxOwnerRef;
    readonly turn: number;
    /** The turn did not end well: the change is for reading only. */
    readonly partial: boolean;
  }): Promise<CaptureResult>;
  /**
   * Runs the checks of the owner's spec one after another in a fresh sandbox of base + `commit`.
   * For a landing and a trial it needs no `provision` before it. Attaches to checks that are running.
   */
  runChecks(input: {
    readonly owner: SandboxOwnerRef;
    readonly turn: number;
    readonly commit: string;
  }): Promise<ChecksResult>;
  /** SIGTERM, grace, SIGKILL of everything in the sandbox; the running phase then ends as STOPPED. */
  stop(input: { readonly owner: SandboxOwnerRef; readonly reason: StopReasonWord }): Promise<StopResult>;
  /** Freezes everything in the sandbox, and what is started in it later; it stays so whoever restarts. */
  pause(input: { readonly owner: SandboxOwnerRef }): Promise<void>;
  resume(input: { readonly owner: SandboxOwnerRef }): Promise<void>;
  /** Ends the log, removes the sandbox (only once everything of it is stored) and frees the slot. */
  release(input: { readonly owner: SandboxOwnerRef }): Promise<ReleaseResult>;
}

/** SIBLING_PASSED: another attempt of the task passed everything, and was asked to be enough. */
export type StopReasonWord = 'CANCELLED' | 'SIBLING_PASSED' | 'TIME_LIMIT' | 'BUDGET_EXHAUSTED' | 'INTERRUPTED';

export interface ProvisionResult {
  readonly driver: string;
  readonly boundary: string;
  readonly missing: readonly string[];
  readonly fileSystem: string;
  readonly durationMs: number;
  /** Absent from runners of before there were layers. */
  readonly setupCache?: 'HIT' | 'MISS' | 'NONE';
  /** Why it was a MISS. */
  readonly setupCacheReason?: string;
}

/** Of a dry run. NONE: the environment has no set-up. */
export interface SetupResult {
  readonly outcome: 'SUCCEEDED' | 'FAILED' | 'STOPPED' | 'NONE';
  /** Why it FAILED. */
  readonly reason: string;
  readonly message: string;
  readonly durationMs: number;
  /** What an attempt would have met on this tree. */
  readonly setupCache: 'HIT' | 'MISS' | 'NONE';
  readonly setupCacheReason: string;
  /** Canonical JSON of `heddle.v1.EgressRequest`: the first refusal of each host and reason, at most 20. */
  readonly refused: readonly object[];
}

/** HOST_DISK_FULL: the host did not take what the sandbox had written. */
export type LimitWord =
  'MEMORY_LIMIT' | 'DISK_LIMIT' | 'PROCESS_LIMIT' | 'OUTPUT_LIMIT' | 'IDLE_LIMIT' | 'HOST_DISK_FULL';

/** What is absent the runner's host can't count. */
export interface UsageSummary {
  readonly peakMemoryBytes?: number | undefined;
  readonly peakProcesses?: number | undefined;
  readonly cpuMs?: number | undefined;
  readonly peakDiskBytes?: number | undefined;
  readonly peakDiskInodes?: number | undefined;
  readonly outputBytes: number;
  readonly wallMs: number;
  /** Unix milliseconds. */
  readonly sampledAt: number;
}

/** What the agent's own protocol said of a turn. */
export interface AgentReport {
  /** Its terminal record says that the turn was done. The platform still looks at what is in the tree. */
  readonly completed: boolean;
  /** Why it was not: an AGENT_… reason, and the agent's words, cut to 2 KiB. */
  readonly failure?: { readonly reason: string; readonly message: string };
  /** By which a later turn goes on. */
  readonly conversationId?: string;
  /** It found the conversation lost that it was to go on with, and began anew with the earlier messages; else absent. */
  readonly conversationLost?: true;
  readonly usage?: ModelUsageCount;
  /** The same, one for each model; absent from runners of an earlier version. */
  readonly usageByModel?: readonly ModelUsageCount[];
  /** Which run of the program it was, unique within the claim; absent from runners of an earlier version. */
  readonly run?: string;
  /** Its last message, cut to 16 KiB. */
  readonly answer?: string;
  /** Messages that were given into the turn, by their numbers; absent where none was. */
  readonly steered?: readonly number[];
}

/** Tokens of one turn. */
export interface ModelUsageCount {
  /** Empty where the agent doesn't say which model it was. */
  readonly model: string;
  /** With those from a cache. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** With those of reasoning. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface TurnResult {
  /** LIMITED: by the platform, for the first of `limits`. */
  readonly outcome: 'EXITED' | 'STOPPED' | 'LIMITED' | 'LOST';
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stopReason?: StopReasonWord;
  /** Unix milliseconds of the agent's first instruction. */
  readonly startedAt?: number;
  readonly outputTruncated: boolean;
  /** What explains the end, or what is missing; the strongest first. */
  readonly limits?: readonly LimitWord[];
  readonly usage?: UsageSummary;
  /** Absent where the agent's output is plain text: then its exit code counts. */
  readonly report?: AgentReport;
  /**
   * Of a further turn: whether the agent went on with its conversation, or began anew with the earlier messages in its
   * prompt because that was not there.
   */
  readonly conversation?: 'RESUMED' | 'AFRESH';
}

export interface CaptureResult {
  readonly changeId: string;
  readonly commit: string;
  readonly treeId: string;
  readonly empty: boolean;
  /** A file of the tree holds the value of a secret of the environment. */
  readonly holdsSecret?: boolean;
  /** Taken with the tree; absent where the agent has none that a later turn can go on with. */
  readonly conversation?: StoredConversation;
}

/** The agent's own files of its conversation, as review keeps them. */
export interface StoredConversation {
  /** By which the agent's program knows it. */
  readonly id: string;
  /** Of a commit without parents that holds the files, by their paths in the home. */
  readonly commit: string;
}

export interface CheckOutcome {
  readonly name: string;
  readonly state: 'PASSED' | 'FAILED' | 'TIMED_OUT' | 'ERRORED' | 'SKIPPED';
  readonly exitCode?: number;
  readonly durationMs: number;
  readonly treeId: string;
  /** The set-up's layer that it ran on; empty or absent: none. */
  readonly layerId?: string;
  readonly environmentVersion: number;
  readonly advisory: boolean;
  readonly statusDetail: string;
  /** It passed and did not pass on the same tree. */
  readonly flaky?: boolean;
}

export interface ChecksResult {
  readonly outcome: 'RAN' | 'STOPPED';
  readonly checks: readonly CheckOutcome[];
}

export interface ReleaseResult {
  /** Unix milliseconds until which its files stay for inspection; absent where they go at once. */
  readonly keptUntil?: number;
}

export interface StopResult {
  /** False where nothing was running any more. */
  readonly stopped: boolean;
}

/** `type` of the ApplicationFailures that the runner throws. */
export const RUNNER_FAILURES = {
  sandboxUnknown: 'SANDBOX_UNKNOWN',
  claimExpired: 'CLAIM_EXPIRED',
  fenceSuperseded: 'FENCE_SUPERSEDED',
  provisionFailed: 'PROVISION_FAILED',
  /** The environment allows hosts, and this runner's sandboxes can have no network. */
  egressUnavailable: 'EGRESS_UNAVAILABLE',
  /** The environment names a root file system that no operator allows. */
  rootfsNotAllowed: 'ROOTFS_NOT_ALLOWED',
  /** The environment asks for a driver that this runner has not. */
  driverNotAvailable: 'DRIVER_NOT_AVAILABLE',
  captureFailed: 'CAPTURE_FAILED',
  storeUnavailable: 'STORE_UNAVAILABLE',
  setupScriptFailed: 'SETUP_SCRIPT_FAILED',
  /** The operators want this version of the agent's program on no runner. */
  agentNotInstalled: 'AGENT_NOT_INSTALLED',
  /** This runner could not get it; another one may. */
  agentInstallFailed: 'AGENT_INSTALL_FAILED',
  setupSecretInLayer: 'SETUP_SECRET_IN_LAYER',
} as const;
