import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { CheckpointHeader } from '@heddle/contracts/internal';
import { showPath, startGit } from '@heddle/git';
import { walkClone, walkUpper, type BoxSpec, type CapturedChanges, type CaptureNotice } from '@heddle/sandbox';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import { whileUnavailable } from '../activities/while-unavailable.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import type { GitStore } from '../service-clients/git-store.js';
import type { SupervisorClient } from '../supervisor/supervisor-client.js';
import { captureTree, type CapturedTree } from './capture-tree.js';

export interface CheckpointRequest {
  readonly box: BoxSpec;
  readonly turn: number;
  /** Taken at a turn's end: it becomes the attempt's change. */
  readonly final: boolean;
  readonly partial: boolean;
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
  /** A newer claim of the attempt exists: this was kept for people to see, it never becomes a change. */
  readonly salvaged: boolean;
}

/** A frozen agent must not be held for longer: its clients time out. */
const FREEZE_LIMIT_MS = 250;
const FREEZE_HOLD_MS = 5_000;

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
  ) {}

  /** What the box changed in its base, by its files alone; nobody may write to them meanwhile. */
  async walk(sandbox: Sandbox, box: BoxSpec): Promise<CapturedChanges> {
    const { workTree: base, submodules } = sandbox.base;
    const attributePrefix = this.hello.attributePrefix;
    return attributePrefix === undefined
      ? walkClone({ copy: box.paths.merged, base, submodules })
      : walkUpper({ upper: box.paths.upper, base, submodules, attributePrefix });
  }

  /** Of a box in which nothing runs. */
  async takeDead(sandbox: Sandbox, request: CheckpointRequest): Promise<StoredCheckpoint> {
    const found = await this.walk(sandbox, request.box);
    return this.take(sandbox, request, found, 'link', () => Promise.resolve());
  }

  /** Of a running box, frozen for as long as its files are listed and copied. */
  async takeFrozen(sandbox: Sandbox, request: CheckpointRequest): Promise<StoredCheckpoint> {
    const name = { sandbox: sandbox.name, box: request.box.name };
    let frozen = true;
    const thaw = async (): Promise<void> => {
      if (frozen) await this.supervisor.call('thaw', name);
      frozen = false;
    };
    await this.supervisor.call('freeze', { ...name, limitMs: FREEZE_LIMIT_MS, holdMs: FREEZE_HOLD_MS });
    try {
      const found = await this.walk(sandbox, request.box);
      return await this.take(sandbox, request, found, 'copy', thaw);
    } finally {
      await thaw();
    }
  }

  private async take(
    sandbox: Sandbox,
    request: CheckpointRequest,
    found: CapturedChanges,
    mode: 'link' | 'copy',
    onStaged: () => Promise<void>,
  ): Promise<StoredCheckpoint> {
    const state = await sandbox.state();
    const number = Math.max(0, ...state.checkpoints.keys()) + 1;
    const directory = join(sandbox.directory.path, 'captures', String(number));
    const captured = await captureTree({
      base: sandbox.base,
      found,
      upper: request.box.paths.upper,
      mode,
      directory,
      message: commitMessage(sandbox),
      date: new Date(request.at),
      signal: request.signal,
      onStaged,
    });
    const stored = { number, commit: captured.commit, tree: captured.tree, final: request.final };
    await sandbox.directory.journal.append({ type: 'checkpoint', ...stored });
    const header = checkpointHeader(sandbox, request, stored, captured.notices);
    const answer = await whileUnavailable(request.signal, () => this.upload(header, captured, sandbox.base.commit));
    await sandbox.directory.journal.append({ type: 'stored', number, ref: answer.ref, changeId: answer.changeId });
    // A turn's end is kept: checks are laid over the base from its objects.
    if (!request.final) await rm(directory, { recursive: true, force: true });
    const empty = captured.tree === sandbox.base.tree;
    return {
      number,
      commit: captured.commit,
      tree: captured.tree,
      empty,
      changeId: answer.changeId,
      salvaged: answer.salvaged,
    };
  }

  private async upload(
    header: CheckpointHeader,
    captured: CapturedTree,
    base: string,
  ): ReturnType<GitStore['storeCheckpoint']> {
    if (captured.gitDir === undefined) return this.store.storeCheckpoint(header, nothing());
    const git = startGit(['pack-objects', '--revs', '--thin', '--stdout', '--delta-base-offset', '-q'], {
      gitDir: captured.gitDir,
      timeoutMs: 600_000,
      config: PACK_CONFIG,
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
  notices: readonly CaptureNotice[],
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
      ...notices.map(({ reason, path, message }) => ({ reason, path: showPath(path).path, message })),
    ],
    traceparent: spec.traceparent,
  };
}
