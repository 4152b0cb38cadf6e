import { Inject, Injectable } from '@nestjs/common';
import { type Attempt } from '@heddle/contracts';
import { CreateReconcileTaskRequest, SandboxOwner_Kind } from '@heddle/contracts/internal';
import { isEndState, judgeRung, type ReconciliationStep, type RungVerdict } from '@heddle/domain';
import { commitTree, mergeInTurn, treeOf } from '@heddle/git';
import { requestContext } from '@heddle/platform/context';
import { ChangeBell } from '@heddle/platform/waiting';
import { DataSource, type EntityManager } from 'typeorm';
import { ChangeEntity } from '../changes/change.entity.js';
import { moveHead } from '../changes/move-head.js';
import { EvidenceService } from '../evidence/evidence.service.js';
import { GitStores } from '../git-store/git-stores.js';
import { createOnce } from '../git-store/own-refs.js';
import { notGreen } from '../landings/landing-request.js';
import { isRefusal } from '../shared/is-refusal.js';
import {
  ATTEMPTS,
  RECONCILE_TASKS,
  SANDBOX_SPECS,
  TASKS,
  type Attempts,
  type ReconcileTasks,
  type SandboxSpecs,
  type Tasks,
} from '../shared/tokens.js';
import { IntentProof } from './intent-proof.js';
import { conflictsOf } from './merge-conflicts.js';
import { ReconcileBrief } from './reconcile-brief.js';
import { CONFLICT_MARKERS, ReconciledResults } from './reconciled-results.js';
import {
  ReconciliationEntity,
  ReconciliationInputEntity,
  type ReconciliationNote,
  type ReconciliationRung,
} from './reconciliation.entity.js';
import { ReconciliationPlanner } from './reconciliation-planner.js';
import { inputsOf, lockReconciliation, moveReconciliation } from './reconciliation-rows.js';
import { ReconciliationReport } from './reconciliation-report.js';
import { ResourceFiles } from './resource-files.js';
import { SideRungs } from './side-rungs.js';
import { StructuralRung } from './structural-rung.js';

/** Rungs whose result is what their work tree begins with. */
const WITHOUT_WORK: ReadonlySet<ReconciliationStep> = new Set(['MERGE', 'STRUCTURAL', 'TAKE_SIDE']);

/** The steps of a reconciliation. Each begins with its row, and a repeat after a crash finds what the first one left. */
@Injectable()
export class ReconciliationRungs {
  constructor(
    private readonly dataSource: DataSource,
    private readonly planner: ReconciliationPlanner,
    private readonly brief: ReconcileBrief,
    private readonly results: ReconciledResults,
    private readonly structural: StructuralRung,
    private readonly resources: ResourceFiles,
    private readonly sides: SideRungs,
    private readonly proof: IntentProof,
    private readonly report: ReconciliationReport,
    private readonly evidence: EvidenceService,
    private readonly stores: GitStores,
    private readonly bell: ChangeBell,
    @Inject(RECONCILE_TASKS) private readonly reconcileTasks: ReconcileTasks,
    @Inject(ATTEMPTS) private readonly attempts: Attempts,
    @Inject(TASKS) private readonly tasks: Tasks,
    @Inject(SANDBOX_SPECS) private readonly specs: SandboxSpecs,
  ) {}

  /** Does what there is to do now. @returns true when it moved: there may be more */
  async advance(id: string): Promise<boolean> {
    const row = await this.dataSource.manager.findOneByOrFail(ReconciliationEntity, { id });
    return requestContext.extend({ principal: row.principal, traceparent: row.traceparent }, async () => {
      if (row.stopUntold) return this.stop(row);
      if (row.state === 'QUEUED') return this.begin(row);
      if (row.endTime !== null) return false;
      return row.attemptId === null ? this.engage(row) : this.judge(row, row.attemptId);
    });
  }

  /** Merges what merges, and keeps it: the work of the first rung begins with that. */
  private async begin(row: ReconciliationEntity): Promise<boolean> {
    const inputs = await inputsOf(this.dataSource.manager, row.id);
    const { repositoryId, baseCommit, createTime: date } = row;
    const gitDir = this.stores.directory(repositoryId);
    const heads = inputs.map(({ headCommit }) => headCommit);
    const merged = await this.planner.inDirectory(repositoryId, baseCommit, true, (at) =>
      mergeInTurn(at, { onto: baseCommit, heads, date }),
    );
    const parents = [baseCommit];
    const startCommit =
      merged.tree === (await treeOf({ gitDir }, baseCommit))
        ? baseCommit
        : await commitTree({ gitDir, tree: merged.tree, parents, message: 'What merges', date });
    await createOnce(gitDir, `refs/heddle/reconciliations/${row.id}/start`, startCommit);
    const clean = merged.turns.every(({ outcome }) => outcome.clean === true);
    const structural = clean ? { rungs: [], notes: [] } : await this.structural.of(row, inputs);
    const regenerate = await this.resources.rung(row, inputs, clean ? startCommit : undefined);
    const agent: ReconciliationRung = { step: 'AGENT', startCommit };
    const sides = clean || regenerate !== undefined ? { rungs: [], notes: [] } : await this.sides.of(row, inputs);
    const rungs: ReconciliationRung[] = [
      ...(clean ? [{ step: 'MERGE' as const, startCommit }] : []),
      ...structural.rungs,
      ...(regenerate === undefined ? [] : [regenerate]),
      ...sides.rungs,
      agent,
    ];
    const [first = agent] = rungs;
    return this.onRow(row, 'QUEUED', async (manager, locked) => {
      for (const { position } of inputs) {
        const turn = merged.turns[position];
        if (turn === undefined) continue;
        await manager.update(
          ReconciliationInputEntity,
          { reconciliationId: row.id, position },
          { merged: turn.outcome.clean === true, conflicts: conflictsOf(turn.outcome) },
        );
      }
      const { step } = first;
      const on = { rungs, rung: 0, step, startCommit: first.startCommit, notes: [...structural.notes, ...sides.notes] };
      await moveReconciliation(manager, locked, 'RUNNING', on);
    });
  }

  /** Has the scheduler make the rung's task, once it is known that it may have one. */
  private async engage(row: ReconciliationEntity): Promise<boolean> {
    const inputs = await inputsOf(this.dataSource.manager, row.id);
    const proof = await this.proofOf(row, inputs);
    if (proof === 'WAIT') return false;
    if (proof !== 'PROVEN') return this.climb(row, [], proof);
    const request = CreateReconcileTaskRequest.fromPartial({
      key: keyOf(row),
      repositoryId: row.repositoryId,
      targetBranch: row.branch,
      baseCommit: row.baseCommit,
      startCommit: row.startCommit ?? '',
      inputs: await this.brief.of(row, inputs),
      mergeOnly: WITHOUT_WORK.has(row.step),
      command: [...(row.rungs[row.rung]?.command ?? [])],
      ...(row.agent === null ? {} : { agent: row.agent }),
      instructions: row.instructions,
      failed: row.failed,
    });
    let task: { taskId: string; attemptId: string };
    try {
      task = await this.reconcileTasks.createReconcileTask(request);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { reason, message } = error;
      return this.onRow(row, 'RUNNING', (manager, locked) =>
        moveReconciliation(manager, locked, 'FAILED', { reason, message }),
      );
    }
    await this.dataSource.transaction(async (manager) => {
      const locked = await lockReconciliation(manager, row.id);
      if (locked.rung !== row.rung || locked.step !== row.step || locked.taskId !== null) return;
      // It was cancelled while the task was made.
      if (locked.endTime !== null) await manager.update(ReconciliationEntity, row.id, { ...task, stopUntold: true });
      else await moveReconciliation(manager, locked, 'RUNNING', task);
    });
    this.bell.ring(row.id);
    return true;
  }

  /** Whether the rung may drop what it drops; if not, why. */
  private async proofOf(
    row: ReconciliationEntity,
    inputs: readonly ReconciliationInputEntity[],
  ): Promise<'WAIT' | 'PROVEN' | ReconciliationNote> {
    const dropped = row.rungs[row.rung]?.dropped;
    const input = inputs.find(({ position }) => position === dropped?.position);
    if (dropped === undefined || input === undefined) return 'PROVEN';
    const verdict = await this.proof.judge(row, input, inputs, dropped.paths);
    if (verdict.kind === 'PROVEN') return 'PROVEN';
    if (verdict.kind !== 'NOT_PROVEN') return 'WAIT';
    const message = `its lines are not dropped: ${verdict.message}`;
    return { step: row.step, changeId: input.changeId, reason: 'INTENT_NOT_PROVEN', message };
  }

  /** Looks at the rung's attempt and draws the consequences once it has ended. */
  private async judge(row: ReconciliationEntity, attemptId: string): Promise<boolean> {
    const attempt = await this.attempts.getAttempt({ id: attemptId });
    const state = attempt.state as Parameters<typeof isEndState>[0];
    if (!isEndState(state)) return false;
    const change = await this.resultChange(row, attemptId);
    const open = change === undefined ? [] : await this.notGreen(attempt, change);
    const absent =
      change === undefined
        ? []
        : await this.report.absent(row, await inputsOf(this.dataSource.manager, row.id), change);
    const verdict = judgeRung({
      step: row.step,
      attempt: state,
      statusDetail: attempt.statusDetail,
      change:
        change === undefined
          ? undefined
          : {
              empty: change.empty,
              unresolved: change.notices.flatMap(({ reason, path }) => (reason === CONFLICT_MARKERS ? [path] : [])),
              absent: absent.map(({ title }) => title),
            },
      notGreen: open,
    });
    if (verdict.kind === 'WAIT') return false;
    if (verdict.kind === 'END') return this.end(row, verdict, change);
    return this.climb(row, state === 'COMPLETED' ? open : [...open, `what makes files anew (${state})`]);
  }

  /** The attempt's change, with all inputs as its parents also where it was stored before it was known whose it is. */
  private async resultChange(row: ReconciliationEntity, attemptId: string): Promise<ChangeEntity | undefined> {
    const change = await this.dataSource.manager.findOneBy(ChangeEntity, { attemptId });
    if (change === null) return undefined;
    const { fence, checkpointNumber: number, treeId } = change;
    const result = await this.results.of({ attemptId, fence, number, treeId, taskId: row.taskId ?? '' });
    if (result === undefined || result.commit === change.headCommit) return change;
    return moveHead(this.dataSource, change, result);
  }

  /** Checks as words, with how they stand. */
  private async notGreen({ id }: Attempt, change: ChangeEntity): Promise<string[]> {
    const results = await this.evidence.refresh(id, false);
    const spec = await this.specs.getSandboxSpec({
      owner: { kind: SandboxOwner_Kind.ATTEMPT, id, fence: change.fence },
    });
    return notGreen(change, spec, results).map(({ name, state }) => `${name} (${state})`);
  }

  /** @param note why the rung was not tried */
  private climb(row: ReconciliationEntity, open: readonly string[], note?: ReconciliationNote): Promise<boolean> {
    // What was begun before there were rungs has the agent next.
    const { step, startCommit } = row.rungs[row.rung + 1] ?? {
      step: 'AGENT' as const,
      startCommit: row.startCommit,
    };
    const failed = open.length === 0 ? row.failed : open.join(', ');
    const notes = note === undefined ? row.notes : [...row.notes, note];
    const on = { rung: row.rung + 1, step, startCommit, taskId: null, attemptId: null, failed, notes };
    return this.onRow(row, 'RUNNING', (manager, locked) => moveReconciliation(manager, locked, 'RUNNING', on));
  }

  private end(
    row: ReconciliationEntity,
    { state, reason, message }: Extract<RungVerdict, { kind: 'END' }>,
    change: ChangeEntity | undefined,
  ): Promise<boolean> {
    return this.onRow(row, row.state, async (manager, locked) => {
      const facts = { reason, message, changeId: change?.id ?? null };
      const same =
        locked.state === state && Object.entries(facts).every(([key, value]) => Reflect.get(locked, key) === value);
      if (!same) await moveReconciliation(manager, locked, state, facts);
      return !same;
    });
  }

  /** Tells the scheduler of a cancelled reconciliation's task. */
  private async stop(row: ReconciliationEntity): Promise<boolean> {
    await this.tasks.cancelTask({ id: row.taskId ?? '', requestId: '' });
    await this.dataSource.manager.update(ReconciliationEntity, { id: row.id }, { stopUntold: false });
    return true;
  }

  /** Runs the end of a step on the row's lock, unless another one was faster or it was cancelled meanwhile. */
  private async onRow(
    seen: ReconciliationEntity,
    state: ReconciliationEntity['state'],
    work: (manager: EntityManager, row: ReconciliationEntity) => Promise<unknown>,
  ): Promise<boolean> {
    const moved = await this.dataSource.transaction(async (manager) => {
      const row = await lockReconciliation(manager, seen.id);
      if (row.state !== state || row.step !== seen.step || row.rung !== seen.rung) return false;
      if (row.attemptId !== seen.attemptId) return false;
      return (await work(manager, row)) !== false;
    });
    if (moved) this.bell.ring(seen.id);
    return moved;
  }
}

/** Of a rung's task: each side that is tried is a rung of its own. */
function keyOf({ id, step, rung }: ReconciliationEntity): string {
  return step === 'TAKE_SIDE' ? `${id}/${step}/${String(rung)}` : `${id}/${step}`;
}
