import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { CheckpointHeader } from '@heddle/contracts/internal';
import { HeddleError } from '@heddle/domain';
import { showPath, startGit } from '@heddle/git';
import {
  SandboxError,
  walkClone,
  walkUpper,
  type BoxSpec,
  type CapturedChanges,
  type JournalState,
} from '@heddle/sandbox';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import { whileUnavailable } from '../activities/while-unavailable.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { NamedValue, SandboxSecrets } from '../secrets/sandbox-secrets.js';
import type { Mask } from '../secrets/secret-mask.js';
import type { GitStore } from '../service-clients/git-store.js';
import type { SupervisorClient } from '../supervisor/supervisor-client.js';
import { captureTree, type CapturedTree, type CaptureTreeOptions } from './capture-tree.js';
import { secretNotices } from './secret-notices.js';

export interface CheckpointRequest {
  readonly box: BoxSpec;
  readonly turn: number;
  /** Taken at a turn's end: it becomes the attempt's change. */
  readonly final: boolean;
  readonly partial: boolean;
  /** The turn was to change nothing: only what it changed all the same becomes a change, and that is partial. */
  readonly readOnly?: boolean;
  /** Unix milliseconds; the same tree at the same date is the same commit. */
  readonly at: number;
  /** What a reviewer should know beside what the capture itself finds. */
  readonly notices?: CheckpointHeader['notices'];
  readonly signal?: AbortSignal;
}

export interface StoredCheckpoint {
  readonly number: number;
  readonly commit: string;
  readonly tree: string;
  readonly empty: boolean;
  readonly changeId: string;
  /** A file of the tree holds the value of a secret of the environment, or of the agent's credential. */
  readonly holdsSecret: boolean;
  /** A newer claim of the attempt exists: this was kept for people to see, it never becomes a change. */
  readonly salvaged: boolean;
}

interface LookedFor {
  readonly secrets: readonly NamedValue[];
  readonly mask: Mask;
}

type HowTaken = Pick<CaptureTreeOptions, 'upper' | 'reading' | 'onStaged'> & { readonly looked: LookedFor };

/** A frozen agent must not be held for longer: its clients time out. */
const FREEZE_LIMIT_MS = 250;
const FREEZE_HOLD_MS = 5_000;
/** Well before the hold ends: what is under way then must end too. */
const FREEZE_READ_MS = 2_500;

/** Quick rather than small: the store is near, and packs its own. */
const PACK_CONFIG: readonly (readonly [string, string])[] = [
  ['core.bigFileThreshold', '16m'],
  ['pack.compression', '1'],
];

/** Takes checkpoints of boxes and stores them with review. */
export class CheckpointService {
  constructor(
    private readonly supervisor: SupervisorClient,
    private readonly hello: SupervisorHello,
    private readonly store: GitStore,
    private readonly secrets: SandboxSecrets,
  ) {}

  /**
   * What the box changed in its base, by its files alone; nobody may write to them meanwhile. `countIgnored` takes time
   * that a frozen box does not have.
   */
  async walk(sandbox: Sandbox, box: BoxSpec, signal?: AbortSignal, countIgnored = false): Promise<CapturedChanges> {
    const { workTree: base, submodules } = sandbox.base;
    const attributePrefix = this.hello.attributePrefix;
    // What lies between is of a set-up: it was there before the agent, and is no part of any commit.
    const layers = box.layers.filter(({ path }) => path !== base).map(({ path }) => ({ path, tracked: false }));
    const options = { base, layers, submodules, countIgnored, signal };
    return attributePrefix === undefined
      ? walkClone({ ...options, copy: this.filesOf(box) })
      : walkUpper({ ...options, upper: this.filesOf(box), attributePrefix });
  }

  /** Of a box in which nothing runs. */
  async takeDead(sandbox: Sandbox, request: CheckpointRequest): Promise<StoredCheckpoint> {
    const looked = await this.lookedFor(sandbox, request);
    return sandbox.exclusively(async () => {
      request.signal?.throwIfAborted();
      // Where the platform or its host went down since, the box's own disk is not mounted any more.
      await this.supervisor.call('createBox', { sandbox: sandbox.name, box: request.box }, request.signal);
      const found = await this.walk(sandbox, request.box, request.signal, true);
      return this.take(sandbox, request, found, {
        looked,
        upper: { directory: this.filesOf(request.box), mode: 'link' },
        onStaged: () => Promise.resolve(),
      });
    });
  }

  /**
   * Of a running box, frozen for as long as its files are listed and copied. Undefined where `isWanted` says so of what
   * was found. Rejects, and stores nothing, where the box may have gone on before all was read.
   */
  async takeFrozen(
    sandbox: Sandbox,
    request: CheckpointRequest,
    isWanted: (found: CapturedChanges) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<StoredCheckpoint | undefined> {
    const looked = await this.lookedFor(sandbox, request);
    return sandbox.exclusively(async () => {
      request.signal?.throwIfAborted();
      const name = { sandbox: sandbox.name, box: request.box.name };
      // Sooner than the supervisor's own clock, which starts when it has heard of it.
      const since = performance.now();
      const reading = AbortSignal.any([AbortSignal.timeout(FREEZE_READ_MS), ...asList(request.signal)]);
      let frozen = true;
      const thaw = async (): Promise<void> => {
        if (frozen) await this.supervisor.call('thaw', name);
        frozen = false;
      };
      const onStaged = async (): Promise<void> => {
        const heldMs = performance.now() - since;
        await thaw();
        if (heldMs >= FREEZE_HOLD_MS)
          throw new SandboxError('SANDBOX_NOT_FROZEN', 'reading took longer than the box may be frozen');
      };
      await this.supervisor.call('freeze', { ...name, limitMs: FREEZE_LIMIT_MS, holdMs: FREEZE_HOLD_MS });
      try {
        const found = await this.walk(sandbox, request.box, reading);
        if (!(await isWanted(found))) return undefined;
        const upper = { directory: this.filesOf(request.box), mode: 'copy' } as const;
        return await this.take(sandbox, request, found, { looked, upper, reading, onStaged });
      } finally {
        await thaw();
      }
    });
  }

  /** Where the box's own files are. */
  private filesOf(box: BoxSpec): string {
    return this.hello.attributePrefix === undefined ? box.paths.merged : box.paths.upper;
  }

  /**
   * Known before the box is frozen: the service that knows them may be away for long. What becomes no change is kept
   * whether they are told or not.
   */
  private async lookedFor(sandbox: Sandbox, { final, signal }: CheckpointRequest): Promise<LookedFor> {
    try {
      const secrets = await this.secrets.values(sandbox, signal);
      return { secrets, mask: await whileUnavailable(signal, () => this.secrets.mask(sandbox)) };
    } catch (error) {
      if (final || !HeddleError.is(error)) throw error;
      return { secrets: [], mask: await whileUnavailable(signal, () => this.secrets.mask(sandbox)) };
    }
  }

  private async take(
    sandbox: Sandbox,
    asked: CheckpointRequest,
    found: CapturedChanges,
    { looked, ...how }: HowTaken,
  ): Promise<StoredCheckpoint> {
    const state = await sandbox.state();
    const number = Math.max(0, ...state.checkpoints.keys()) + 1;
    const directory = join(sandbox.directory.path, 'captures', String(number));
    const captured = await captureTree({
      ...how,
      base: sandbox.base,
      found,
      secretValues: looked.secrets.map(({ value }) => value),
      directory,
      message: commitMessage(sandbox),
      date: new Date(asked.at),
      signal: asked.signal,
    });
    const empty = captured.tree === sandbox.base.tree;
    const request = asked.readOnly === true ? { ...asked, final: asked.final && !empty, partial: true } : asked;
    const stored = { number, commit: captured.commit, tree: captured.tree, final: asked.final };
    await sandbox.directory.journal.append({ type: 'checkpoint', ...stored });
    await dropEqual(sandbox, state, stored);
    const header = checkpointHeader(sandbox, request, stored, captured);
    header.notices.push(...secretNotices(captured.secretPaths, looked.secrets, looked.mask));
    const answer = await whileUnavailable(request.signal, () =>
      this.upload(header, captured, sandbox.base.commit, request.signal),
    );
    await sandbox.directory.journal.append({ type: 'stored', number, ref: answer.ref, changeId: answer.changeId });
    // A turn's end is kept: checks are laid over the base from its objects.
    if (!asked.final) await rm(directory, { recursive: true, force: true });
    return {
      number,
      commit: captured.commit,
      tree: captured.tree,
      empty,
      changeId: answer.changeId,
      holdsSecret: captured.secretPaths.length > 0,
      salvaged: answer.salvaged,
    };
  }

  private async upload(
    header: CheckpointHeader,
    captured: CapturedTree,
    base: string,
    signal: AbortSignal | undefined,
  ): ReturnType<GitStore['storeCheckpoint']> {
    if (captured.gitDir === undefined) return this.store.storeCheckpoint(header, nothing());
    const git = startGit(['pack-objects', '--revs', '--thin', '--stdout', '--delta-base-offset', '-q'], {
      gitDir: captured.gitDir,
      timeoutMs: 600_000,
      config: PACK_CONFIG,
      ...(signal === undefined ? {} : { signal }),
    });
    git.stdin.end(`${captured.commit}\n--not\n${base}\n`);
    // Two outcomes count: review's answer, and that the pack it got was whole.
    const whole = git.done;
    return this.store.storeCheckpoint(header, untilDone(git.stdout, whole)).catch((error: unknown) => {
      git.kill();
      throw error;
    });
  }
}

/** Captures of the same tree whose runner died before they were stored: this one has all that they had. */
async function dropEqual(
  sandbox: Sandbox,
  { checkpoints }: JournalState,
  { number, tree }: { readonly number: number; readonly tree: string },
): Promise<void> {
  for (const [earlier, checkpoint] of checkpoints)
    if (earlier !== number && checkpoint.tree === tree && checkpoint.stored === undefined)
      await rm(join(sandbox.directory.path, 'captures', String(earlier)), { recursive: true, force: true });
}

function asList<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

async function* untilDone(bytes: AsyncIterable<Uint8Array>, whole: Promise<number>): AsyncGenerator<Uint8Array> {
  yield* bytes;
  await whole;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield* [];
}

function commitMessage(sandbox: Sandbox): string {
  const { title, attemptNumber } = sandbox.spec;
  const subject = title.replaceAll(/[\r\n]+/g, ' ').trim() || 'Work of a coding agent';
  return `${subject}\n\nHeddle-Attempt: ${sandbox.owner.id}\nHeddle-Attempt-Number: ${String(attemptNumber)}\n`;
}

function checkpointHeader(
  sandbox: Sandbox,
  request: CheckpointRequest,
  stored: { readonly number: number; readonly commit: string; readonly tree: string },
  captured: CapturedTree,
): CheckpointHeader {
  const { spec, owner, base } = sandbox;
  return {
    repositoryId: spec.repositoryId,
    attemptId: owner.id,
    taskId: spec.taskId,
    batchId: spec.batchId,
    attemptNumber: spec.attemptNumber,
    fence: String(owner.fence),
    number: stored.number,
    turn: request.turn,
    baseCommit: base.commit,
    commit: stored.commit,
    treeId: stored.tree,
    final: request.final,
    partial: request.partial,
    title: spec.title,
    sourceBranch: spec.sourceBranch,
    notices: [
      ...(request.notices ?? []),
      ...captured.notices.map(({ reason, path, message }) => ({ reason, path: showPath(path).path, message })),
      ...ignoredNotice(captured.ignored),
    ],
    traceparent: spec.traceparent,
  };
}

function ignoredNotice(count: number): CheckpointHeader['notices'] {
  if (count === 0) return [];
  const files = count === 1 ? '1 file' : `${String(count)} files`;
  const message = `${files} that the repository's ignore rules name ${count === 1 ? 'was' : 'were'} left out`;
  return [{ reason: 'IGNORED_FILES', path: '', message }];
}
